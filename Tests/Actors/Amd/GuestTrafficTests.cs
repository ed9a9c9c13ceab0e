using System.Runtime.InteropServices;
using Iommu.Hardware;
using Iommu.Hardware.Amd;
using Iommu.Hardware.Amd.Formats;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Tests.Ioctls;

namespace Iommu.Tests.Actors.Amd;

/// <summary>A guest on an AMD IOMMU and the hardware, with nobody but actors between them.</summary>
public class GuestTrafficTests
{
    private const ulong Va = 0x5000;
    private const ulong Gpa = 0x80_0000;

    [Fact]
    public async Task A_guest_writes_the_tail_and_its_commands_are_carried_out()
    {
        await using var guest = await AmdGuest.StartAsync();
        await guest.GiveRing();
        guest.MapPage(1, Va, Gpa);
        var port = guest.OpenPort();
        Assert.Equal(guest.Physical(Gpa), port.Translate(Va, Access.Read, 1).Address);
        guest.UnmapPage(1, Va);
        guest.Issue(Command.GuestPages(AmdGuest.Domain, 1, Va, Va | 0xFFF, false),
            Command.Iotlb(AmdGuest.VirtualId, Va, Va | 0xFFF, 1), Command.WaitAndStore(AmdGuest.Semaphore, 42));
        AmdGuest.Until(() => guest.Read(AmdGuest.Semaphore) == 42);
        Assert.False(port.Translate(Va, Access.Read, 1).Succeeded);
        for (var i = 1UL; i <= 1000; i++)
        {
            guest.Issue(Command.WaitAndStore(AmdGuest.Semaphore, 42 + i));
            AmdGuest.Until(() => guest.Read(AmdGuest.Semaphore) == 42 + i);
        }
    }

    [Fact]
    public async Task I11_a_bad_command_stops_one_guests_buffer_and_is_read_from_its_event_queue()
    {
        await using var bad = await AmdGuest.StartAsync();
        var good = await bad.Another();
        await bad.GiveRing();
        await good.GiveRing();
        bad.Issue(new Command(0, 0), Command.WaitAndStore(AmdGuest.Semaphore, 1));
        good.Issue(Command.WaitAndStore(AmdGuest.Semaphore, 2));
        AmdGuest.Until(() => good.Read(AmdGuest.Semaphore) == 2);
        var record = await AmdGuest.Next(bad.Events);
        Assert.Equal(EventRecord.Of(EventType.ILLEGAL_COMMAND_ERROR, 0, 0, EventFlags.None, AmdGuest.Ring), RecordIn(record));
        Assert.Equal(0UL, bad.Read(AmdGuest.Semaphore));

        bad.Write(AmdGuest.Ring, Command.Wait().Word0);
        bad.Registers.Restart(QueueStatus.CommandBufferRunning);
        AmdGuest.Until(() => bad.Read(AmdGuest.Semaphore) == 1);
    }

    [Fact]
    public async Task I10_a_ring_that_is_destroyed_is_not_read_whatever_the_guest_writes()
    {
        await using var guest = await AmdGuest.StartAsync();
        var queue = await guest.GiveRing();
        guest.Issue(Command.WaitAndStore(AmdGuest.Semaphore, 1));
        AmdGuest.Until(() => guest.Read(AmdGuest.Semaphore) == 1);
        var consumed = guest.CommandBuffer.ConsumedTotal;
        await guest.Ok(new Destroy(queue));
        guest.Issue(Command.WaitAndStore(AmdGuest.Semaphore, 2));
        Assert.Equal(QueueStep.Idle, guest.CommandBuffer.Step());
        // The next one begins with an empty ring.
        await guest.GiveRing();
        Assert.Equal(QueueStep.Idle, guest.CommandBuffer.Step());
        Assert.Equal((consumed, 1UL), (guest.CommandBuffer.ConsumedTotal, guest.Read(AmdGuest.Semaphore)));
    }

    [Fact]
    public async Task A_page_that_a_device_asks_for_is_read_from_the_fault_queue_answered_and_reached()
    {
        await using var guest = await AmdGuest.StartAsync();
        var port = guest.OpenPort();
        Assert.False(port.Translate(Va, Access.Write, 2).Succeeded);
        Assert.True(port.RequestPage(Va, Access.Write, 2, 17));
        var fault = MemoryMarshal.Read<IommuHwptPgfault>(await AmdGuest.Next(guest.Faults));
        Assert.Equal((PageFaultFlags.PasidValid | PageFaultFlags.LastPage, guest.Device.Value, 2u, 17u, Va),
            (fault.Flags, fault.DevId, fault.Pasid, fault.Grpid, fault.Addr));
        Assert.Equal(PageFaultPermissions.Write, fault.Perm);
        Assert.False(port.TryTakeResponse(out _));

        guest.MapPage(2, Va, Gpa);
        Assert.Equal(8UL, (await guest.Faults.File.Respond((fault.Cookie, (uint)PageResponseCode.Success))).Value);
        PprResponse response = default;
        AmdGuest.Until(() => port.TryTakeResponse(out response));
        Assert.Equal(new PprResponse(2, 17, PprStatus.Success), response);
        Assert.Equal(guest.Physical(Gpa), port.Translate(Va, Access.Write, 2).Address);
    }

    [Fact]
    public async Task A_page_request_that_nobody_serves_is_answered_by_the_driver_and_one_of_an_attachment_that_ends_INVALID()
    {
        await using var guest = await AmdGuest.StartAsync();
        var port = guest.OpenPort();
        Assert.True(port.RequestPage(Va, Access.Read, null, 5));
        PprResponse response = default;
        AmdGuest.Until(() => port.TryTakeResponse(out response));
        Assert.Equal(new PprResponse(null, 5, PprStatus.ResponseFailure), response);

        Assert.True(port.RequestPage(Va, Access.Read, 1, 6));
        await AmdGuest.Next(guest.Faults);
        await guest.Ok(new DeviceDetach(guest.Device));
        AmdGuest.Until(() => port.TryTakeResponse(out response));
        Assert.Equal(new PprResponse(1, 6, PprStatus.InvalidRequest), response);
    }

    [Fact]
    public async Task A_fault_of_the_guests_tables_is_read_from_its_event_queue_and_one_of_the_hosts_leaves_the_log()
    {
        await using var guest = await AmdGuest.StartAsync();
        Assert.False(guest.OpenPort().Translate(Va, Access.Read, 1).Succeeded);
        Assert.Equal(EventRecord.Of(EventType.IO_PAGE_FAULT, AmdGuest.VirtualId, 1, EventFlags.Guest, Va),
            RecordIn(await AmdGuest.Next(guest.Events)));

        var (driver, plain) = (guest.Machine.Drivers[0], guest.Machine.Devices[3]);
        await guest.Ok(new DeviceAttach(await guest.Ok(new DeviceBind(plain.Name)), await guest.Ok(new IoasAlloc())));
        var port = guest.Machine.OpenPort(plain);
        for (var i = 0; i < 2000; i++) port.Translate((ulong)i << 12, Access.Read);
        var queues = guest.Machine.Iommus[0].Registers.Queues;
        AmdGuest.Until(() => queues.Status.HasFlag(QueueStatus.EventLogRunning)
            && queues.Read(QueueRegisters.EventHeadOffset) == queues.Read(QueueRegisters.EventTailOffset));
        Assert.True(driver.EventsRead > 0);
    }

    private static EventRecord RecordIn(byte[] bytes) =>
        new(BitConverter.ToUInt64(bytes, bytes.Length - 16), BitConverter.ToUInt64(bytes, bytes.Length - 8));
}
