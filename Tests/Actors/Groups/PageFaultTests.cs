using System.Runtime.InteropServices;
using Iommu.Actors.Objects;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.NoIommu;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Ioctls;

namespace Iommu.Tests.Actors.Groups;

/// <summary>Page faults on their way in: to the fault queue of what the device is attached to, or back to it as INVALID.</summary>
public class PageFaultTests
{
    private const int PageFaultBytes = 40;

    [Fact]
    public async Task A_group_goes_whole_to_the_fault_queue_of_what_the_device_is_attached_to()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var queue = new RecordingFaultQueue(iommu);
        var (device, _) = await AttachAsync(iommu, queue);
        Report(iommu, "first-dev0", group: 3, address: 0x1000, last: false);
        Report(iommu, "first-dev0", group: 3, address: 0x2000);
        var delivered = await queue.NextAsync<DeliverFaults>();
        Assert.Equal((device, 0u), (delivered.Handle.Device, delivered.Handle.Pasid));
        Assert.Equal(iommu.Device("first-dev0"), delivered.Handle.Physical);
        Assert.Equal([0x1000UL, 0x2000], delivered.Group.Select(fault => fault.Address));
        Assert.Empty(iommu.First.Responses);
    }

    [Fact]
    public async Task A_fault_is_read_and_answered_by_file_and_what_is_left_ends_with_its_attachment()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var queue = await iommu.FaultQueue();
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        var hwpt = await iommu.Id(EventCalls.WithFaults(device, ioas, queue.Id));
        await iommu.Expect(Errno.None, new DeviceAttach(device, hwpt));
        foreach (var group in new uint[] { 1, 2, 3 }) Report(iommu, "first-dev0", group);
        // A call on the group is served after the faults that were reported before it.
        await iommu.Expect(Errno.None, new DeviceAttach(device, hwpt));
        var read = await queue.File.ReadAsync(2 * PageFaultBytes);
        Assert.Equal((Errno.None, 2 * PageFaultBytes), (read.Errno, read.Bytes.Length));
        var first = MemoryMarshal.Read<IommuHwptPgfault>(read.Bytes.Span);
        Assert.Equal((device.Value, 1u), (first.DevId, first.Grpid));
        await queue.File.WriteAsync(MemoryMarshal.AsBytes([new IommuHwptPageResponse { Cookie = first.Cookie }]).ToArray());
        await iommu.Expect(Errno.None, new DeviceUnbind(device));
        Assert.Equal(
            [(1, PageResponseCode.Success), (2, PageResponseCode.Invalid), (3, PageResponseCode.Invalid)],
            iommu.First.Responses.Select(response => ((int)response.Group, response.Code)).Order());
    }

    [Fact]
    public async Task A_fault_that_nobody_handles_is_answered_INVALID_once()
    {
        await using var iommu = await DeviceHarness.OpenAsync(more: [new PhysicalDevice("bare", 0, new NoIommuDriver())]);
        // Nobody owns the device; it is not attached; what it is attached to has no fault queue.
        Report(iommu, "first-dev0", group: 1);
        await ExpectInvalidAsync(iommu, "first-dev0", 1);
        var device = await iommu.Bind();
        Report(iommu, "first-dev0", group: 2, last: false);
        Report(iommu, "first-dev0", group: 2);
        await ExpectInvalidAsync(iommu, "first-dev0", 2);
        await iommu.Expect(Errno.None, new DeviceAttach(device, await iommu.Ioas()));
        Report(iommu, "first-dev0", group: 3);
        await ExpectInvalidAsync(iommu, "first-dev0", 3);
        Report(iommu, "bare", group: 4);
        Assert.Equal(3, iommu.First.Responses.Count);
    }

    [Fact]
    public async Task A_PASID_has_the_fault_queue_of_its_own_HWPT_and_none_when_it_is_not_attached()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (own, other) = (new RecordingFaultQueue(iommu), new RecordingFaultQueue(iommu));
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        var hwpts = new[] { await Pasid(iommu, device, ioas, own), await Pasid(iommu, device, ioas, other) };
        await iommu.Expect(Errno.None, new DeviceAttach(device, hwpts[0]));
        await iommu.Expect(Errno.None, new DeviceAttach(device, hwpts[1], 5));
        Report(iommu, "first-dev0", group: 1, pasid: 5);
        Assert.Equal(5u, (await other.NextAsync<DeliverFaults>()).Handle.Pasid);
        Report(iommu, "first-dev0", group: 2);
        Assert.Equal(0u, (await own.NextAsync<DeliverFaults>()).Handle.Pasid);
        Report(iommu, "first-dev0", group: 3, pasid: 6);
        await ExpectInvalidAsync(iommu, "first-dev0", 3);
    }

    [Fact]
    public async Task A_PASID_that_is_not_attached_is_the_guests_whose_own_table_the_device_is_on()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        iommu.First.CapabilitiesOf = _ => new DeviceCapabilities { GuestHasPasidTable = true };
        var queue = new RecordingFaultQueue(iommu);
        var (device, ioas) = (await iommu.Bind(), await iommu.Ioas());
        var parent = await iommu.NestParent(device, ioas);
        var viommu = await iommu.Viommu(device, parent);
        await iommu.Id(new VdeviceAlloc(viommu, device, 5));
        var nested = await iommu.Nested(device, viommu);
        foreach (var hwpt in new[] { nested, parent }) iommu.GiveFaultQueue(hwpt, queue.Actor);
        await iommu.Expect(Errno.None, new DeviceAttach(device, nested));
        Report(iommu, "first-dev0", group: 1, pasid: 9);
        var delivered = await queue.NextAsync<DeliverFaults>();
        Assert.Equal((0u, 9u), (delivered.Handle.Pasid, delivered.Group[0].Pasid));
        // A table of the host's has no PASIDs of a guest.
        await iommu.Expect(Errno.None, new DeviceAttach(device, parent));
        await queue.NextAsync<AutoRespond>();
        Report(iommu, "first-dev0", group: 2, pasid: 9);
        await ExpectInvalidAsync(iommu, "first-dev0", 2);
    }

    [Fact]
    public async Task A_detach_is_over_when_the_faults_of_what_has_ended_are_answered()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var queue = new RecordingFaultQueue(iommu, holds: true);
        var (device, hwpt) = await AttachAsync(iommu, queue);
        Report(iommu, "first-dev0", group: 1);
        var handle = (await queue.NextAsync<DeliverFaults>()).Handle;
        var detached = iommu.Call(new DeviceDetach(device));
        Assert.Same(handle, (await queue.NextAsync<AutoRespond>()).Handle);
        Assert.False(detached.IsCompleted);
        await iommu.Expect(Errno.EBUSY, new Destroy(hwpt));
        queue.LetGo();
        Assert.Equal(Errno.None, (await detached).Errno);
        await iommu.Expect(Errno.None, new Destroy(hwpt));
    }

    [Fact]
    public async Task A_replace_answers_the_faults_in_the_queue_that_they_are_in_and_not_in_the_next_one()
    {
        // B38: the kernel once looked for them in the new HWPT's queue.
        await using var iommu = await DeviceHarness.OpenAsync();
        var (old, next) = (new RecordingFaultQueue(iommu), new RecordingFaultQueue(iommu));
        var (device, hwpt) = await AttachAsync(iommu, old);
        Report(iommu, "first-dev0", group: 1);
        var handle = (await old.NextAsync<DeliverFaults>()).Handle;
        var other = await iommu.Hwpt(device, await iommu.Ioas());
        iommu.GiveFaultQueue(other, next.Actor);
        await iommu.Expect(Errno.None, new DeviceAttach(device, other));
        Assert.Same(handle, (await old.NextAsync<AutoRespond>()).Handle);
        Report(iommu, "first-dev0", group: 1);
        Assert.NotSame(handle, (await next.NextAsync<DeliverFaults>()).Handle);
        Assert.Equal((0, 0), (old.Left, next.Left));
        await iommu.Expect(Errno.None, new Destroy(hwpt));
    }

    [Fact]
    public async Task A_group_that_was_begun_before_a_replace_is_answered_INVALID_and_delivered_to_neither()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (old, next) = (new RecordingFaultQueue(iommu), new RecordingFaultQueue(iommu));
        var (device, _) = await AttachAsync(iommu, old);
        Report(iommu, "first-dev0", group: 1, last: false);
        var other = await iommu.Hwpt(device, await iommu.Ioas());
        iommu.GiveFaultQueue(other, next.Actor);
        await iommu.Expect(Errno.None, new DeviceAttach(device, other));
        await old.NextAsync<AutoRespond>();
        Report(iommu, "first-dev0", group: 1);
        await ExpectInvalidAsync(iommu, "first-dev0", 1);
        Assert.Equal((0, 0), (old.Left, next.Left));
    }

    [Fact]
    public async Task A_device_of_the_group_that_is_not_attached_itself_goes_by_the_id_of_the_first_that_is()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var queue = new RecordingFaultQueue(iommu);
        var (one, other, ioas) = await iommu.BindGroupAsync();
        var hwpt = await iommu.Hwpt(one, ioas);
        iommu.GiveFaultQueue(hwpt, queue.Actor);
        await iommu.Expect(Errno.None, new DeviceAttach(one, hwpt));
        await iommu.Expect(Errno.None, new DeviceAttach(other, hwpt));
        foreach (var (name, id) in new[] { ("sibling", one), ("one", one), ("other", other) })
        {
            Report(iommu, name, group: 1);
            var handle = (await queue.NextAsync<DeliverFaults>()).Handle;
            Assert.Equal((id, iommu.Device(name)), (handle.Device, handle.Physical));
        }
        // What goes by the id of a device that is detached ends with it; its id may be another object's tomorrow.
        await iommu.Expect(Errno.None, new DeviceUnbind(one));
        var ended = new[] { await queue.NextAsync<AutoRespond>(), await queue.NextAsync<AutoRespond>() };
        Assert.Equal([one, one], ended.Select(respond => respond.Handle.Device));
        Report(iommu, "sibling", group: 2);
        Assert.Equal(other, (await queue.NextAsync<DeliverFaults>()).Handle.Device);
        await iommu.Expect(Errno.None, new DeviceUnbind(other));
        Assert.Equal(2, queue.Left);
    }

    [Fact]
    public async Task A_fault_that_meets_the_end_of_its_device_is_answered_all_the_same()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        for (var i = 0u; i < 50; i++)
        {
            var device = await iommu.Bind();
            var unbound = iommu.Call(new DeviceUnbind(device));
            Report(iommu, "first-dev0", group: i);
            Assert.Equal(Errno.None, (await unbound).Errno);
            await ExpectInvalidAsync(iommu, "first-dev0", i);
        }
        Assert.Equal(50, iommu.First.Responses.Count);
    }

    private static async Task<(ObjectId Device, ObjectId Hwpt)> AttachAsync(SimulatorHarness iommu, RecordingFaultQueue queue)
    {
        var device = await iommu.Bind();
        var hwpt = await iommu.Hwpt(device, await iommu.Ioas());
        iommu.GiveFaultQueue(hwpt, queue.Actor);
        await iommu.Expect(Errno.None, new DeviceAttach(device, hwpt));
        return (device, hwpt);
    }

    private static async Task<ObjectId> Pasid(SimulatorHarness iommu, ObjectId device, ObjectId ioas, RecordingFaultQueue queue)
    {
        var hwpt = await iommu.Hwpt(device, ioas, HwptAllocFlags.Pasid);
        iommu.GiveFaultQueue(hwpt, queue.Actor);
        return hwpt;
    }

    private static void Report(
        SimulatorHarness iommu, string device, uint group, ulong address = 0x1000, bool last = true, uint? pasid = null)
    {
        var flags = last ? PageFaultFlags.LastPage : PageFaultFlags.None;
        if (pasid is not null) flags |= PageFaultFlags.PasidValid;
        iommu.Simulator.ReportFault(
            iommu.Device(device), new PageFault(flags, pasid ?? 0, group, PageFaultPermissions.Read, address));
    }

    private static async Task ExpectInvalidAsync(SimulatorHarness iommu, string device, uint group)
    {
        var response = await iommu.First.NextResponseAsync();
        Assert.Equal((iommu.Device(device), group, PageResponseCode.Invalid), (response.Device, response.Group, response.Code));
    }
}
