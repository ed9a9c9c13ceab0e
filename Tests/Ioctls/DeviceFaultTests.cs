using Iommu.Actors;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Actors;
using Iommu.Tests.Ioctls.Fakes;

namespace Iommu.Tests.Ioctls;

/// <summary>From a device to the file of a queue and back: the whole way, with nothing standing in.</summary>
public class DeviceFaultTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_fault_of_a_device_is_read_and_its_answer_reaches_the_device()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (device, queue) = (await iommu.Bind(), await iommu.FaultQueue());
        await Attach(iommu, device, queue);
        Report(iommu, group: 7);
        await queue.File.PollAsync(Soon);
        var bytes = (await queue.File.ReadAsync(400)).Bytes.ToArray();
        var (from, group, cookie) = (Word(1), Word(3), Word(9));
        Assert.Equal((device.Value, 7u, 1u), (from, group, cookie));
        Assert.Equal(8UL, (await queue.File.Respond((1, 0))).Value);
        await ExpectResponse(iommu, 7, PageResponseCode.Success);

        uint Word(int index) => BitConverter.ToUInt32(bytes, 4 * index);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_end_of_an_attachment_answers_what_was_read_and_what_was_not(bool unbind)
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (device, queue) = (await iommu.Bind(), await iommu.FaultQueue());
        await Attach(iommu, device, queue);
        Report(iommu, group: 1);
        await queue.File.PollAsync(Soon);
        await queue.File.ReadAsync(400);
        Report(iommu, group: 2);
        await queue.File.PollAsync(Soon);
        await iommu.Expect(Errno.None, unbind ? new DeviceUnbind(device) : new DeviceDetach(device));
        await ExpectResponse(iommu, 2, PageResponseCode.Invalid);
        await ExpectResponse(iommu, 1, PageResponseCode.Invalid);
        Assert.Equal("", await queue.File.Cookies());
        Assert.Equal(Errno.EINVAL, (await queue.File.Respond((1, 0))).Errno);
    }

    [Fact]
    public async Task A_replace_answers_the_groups_of_the_old_HWPT_in_its_own_queue_B38()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var (device, old, next) = (await iommu.Bind(), await iommu.FaultQueue(), await iommu.FaultQueue());
        await Attach(iommu, device, old);
        Report(iommu, group: 1);
        await old.File.PollAsync(Soon);
        await Attach(iommu, device, next);
        await ExpectResponse(iommu, 1, PageResponseCode.Invalid);
        Report(iommu, group: 2);
        await next.File.PollAsync(Soon);
        Assert.Equal(("", "1"), (await old.File.Cookies(), await next.File.Cookies()));
    }

    [Fact]
    public async Task A_close_answers_what_is_waiting_and_leaves_nothing()
    {
        await using var iommu = await DeviceHarness.OpenAsync();
        var queue = await iommu.FaultQueue();
        await Attach(iommu, await iommu.Bind(), queue);
        Report(iommu, group: 1);
        await queue.File.PollAsync(Soon);
        Assert.Equal(0UL, (await iommu.Context.CloseAsync()).Value);
        await ExpectResponse(iommu, 1, PageResponseCode.Invalid);
        Assert.Equal(0, iommu.First.Live);
    }

    [Fact]
    public async Task An_event_of_a_vIOMMUs_driver_is_read_from_the_queue_of_its_type()
    {
        await using var iommu = await new GuestHarness().OpenAsync();
        var (_, _, _, viommu) = await iommu.Guest();
        var driver = (FakeViommu)iommu.Context.Table.Find(viommu)!.Hardware!;
        driver.Services.ReportEvent(VeventqType.ArmSmmuv3, new byte[] { 1 });
        var answer = await iommu.Call(new VeventqAlloc(viommu, VeventqType.ArmSmmuv3, 4));
        var file = Assert.IsType<EventQueueAnswer>(answer).File;
        driver.Services.ReportEvent(VeventqType.Tegra241Cmdqv, new byte[] { 2 });
        driver.Services.ReportEvent(VeventqType.ArmSmmuv3, new byte[] { 3 });
        await file.PollAsync(Soon);
        Assert.Equal([0, 0, 0, 0, 0, 0, 0, 0, 3], (await file.ReadAsync(100)).Bytes.ToArray());
    }

    private static async Task Attach(SimulatorHarness iommu, ObjectId device, EventQueueAnswer queue) =>
        await iommu.Expect(Errno.None, new DeviceAttach(
            device, await iommu.Id(EventCalls.WithFaults(device, await iommu.Ioas(), queue.Id))));

    private static void Report(SimulatorHarness iommu, uint group) => iommu.Simulator.ReportFault(
        iommu.Device("first-dev0"), new PageFault(PageFaultFlags.LastPage, 0, group, PageFaultPermissions.Read, 0x1000));

    private static async Task ExpectResponse(SimulatorHarness iommu, uint group, PageResponseCode code)
    {
        var response = await iommu.First.NextResponseAsync();
        Assert.Equal((iommu.Device("first-dev0"), group, code), (response.Device, response.Group, response.Code));
    }
}
