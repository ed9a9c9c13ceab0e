using Iommu.Hardware;
using Iommu.Hardware.Amd;
using Iommu.Hardware.Amd.Formats;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Hardware.Amd;

/// <summary>Rings in guest memory that the hardware reads and writes without a trap.</summary>
public class GuestQueueTests
{
    private const ulong Ring = 0x20_0000;
    private const ulong EventRing = 0x21_0000;
    private const ulong PprRing = 0x22_0000;
    private const ulong Semaphore = 0x30_0008;
    private const ulong Va = 0x5000;
    private const ulong Gpa = 0x80_0000;

    private readonly AmdMachine _machine = AmdMachine.Create(new() { DevicesPerIommu = 6, DevicesWithAts = 1 });

    [Fact]
    public void A_guests_commands_are_carried_out_with_its_ids_replaced_and_its_wait_stores_through_the_stage_2()
    {
        var (guest, gcr) = CreateGuest(_machine.Devices[0]);
        var port = _machine.OpenPort(_machine.Devices[0]);
        guest.GiveRing(HwQueueType.AmdCommandBuffer, Ring);
        Assert.Equal(guest.Physical(Gpa), port.Translate(Va, Access.Read, 1).Address);
        guest.MapPage(gcr, 1, Va, Gpa + 0x1000);
        Put(guest, 0, Command.GuestPages(7, 1, Va, Va | 0xFFF, false), Command.Iotlb(0x40, Va, Va | 0xFFF, 1),
            Command.WaitAndStore(Semaphore, 42));
        Assert.Equal(guest.Physical(Gpa), port.Translate(Va, Access.Read, 1).Address);
        Drain(guest.Viommu.CommandBuffer);
        Assert.Equal(guest.Physical(Gpa) + 0x1000, port.Translate(Va, Access.Read, 1).Address);
        Assert.Equal(42UL, guest.Read(Semaphore));
    }

    [Fact]
    public void A_guests_wait_waits_for_transactions_in_flight()
    {
        var (guest, _) = CreateGuest(_machine.Devices[1]);
        guest.GiveRing(HwQueueType.AmdCommandBuffer, Ring);
        var port = _machine.OpenPort(_machine.Devices[1]);
        port.Begin(Va, Access.Read, 1);
        port.Step();
        Put(guest, 0, Command.GuestPages(7, 1, Va, Va | 0xFFF, false), Command.WaitAndStore(Semaphore, 1));
        Assert.Equal([QueueStep.Progress, QueueStep.Waiting], [guest.Viommu.CommandBuffer.Step(), guest.Viommu.CommandBuffer.Step()]);
        while (!port.Step()) { }
        Drain(guest.Viommu.CommandBuffer);
        Assert.Equal(1UL, guest.Read(Semaphore));
    }

    [Theory]
    [InlineData(0UL, 0UL)]
    [InlineData(0x4UL << 60 | 0x41, 0UL)]
    [InlineData(0x1UL << 60 | 1 | GuestOnAmd.RamBytes, 1UL)]
    public void I11_a_bad_command_stops_that_guests_buffer_alone_and_is_logged_to_it(ulong word0, ulong word1)
    {
        var ((bad, _), (good, _)) = (CreateGuest(_machine.Devices[1]), CreateGuest(_machine.Devices[2]));
        bad.GiveRing(HwQueueType.AmdCommandBuffer, Ring);
        bad.GiveRing(HwQueueType.AmdEventLog, EventRing);
        good.GiveRing(HwQueueType.AmdCommandBuffer, Ring);
        Put(bad, 0, Command.All(), new Command(word0, word1), Command.WaitAndStore(Semaphore, 1));
        Put(good, 0, Command.WaitAndStore(Semaphore, 2));
        Assert.Equal([QueueStep.Progress, QueueStep.Stopped], [bad.Viommu.CommandBuffer.Step(), bad.Viommu.CommandBuffer.Step()]);
        Drain(good.Viommu.CommandBuffer);
        Assert.Equal((0UL, 2UL), (bad.Read(Semaphore), good.Read(Semaphore)));
        Assert.False(_machine.Iommus[0].CommandBuffer.IsStopped);
        Assert.Equal(0u, _machine.Iommus[0].Registers.Queues.Read(QueueRegisters.EventTailOffset));
        var record = new EventRecord(bad.Read(EventRing), bad.Read(EventRing + 8));
        Assert.Equal(EventRecord.Of(EventType.ILLEGAL_COMMAND_ERROR, 0, 0, EventFlags.None, Ring + 16), record);

        bad.Write(Ring + 16, Command.Wait().Word0);
        bad.Write(Ring + 24, 0);
        bad.Registers.Restart(QueueStatus.CommandBufferRunning);
        Drain(bad.Viommu.CommandBuffer);
        Assert.Equal(1UL, bad.Read(Semaphore));
    }

    [Fact]
    public void I11_whatever_a_guest_writes_to_its_registers_the_hardware_stays_within_its_ring()
    {
        var (guest, _) = CreateGuest(_machine.Devices[1]);
        guest.GiveRing(HwQueueType.AmdCommandBuffer, Ring);
        guest.GiveRing(HwQueueType.AmdEventLog, EventRing);
        var random = new Random(3);
        var port = _machine.OpenPort(_machine.Devices[1]);
        guest.Write(EventRing + 4096, 0x5A5A);
        guest.Write(EventRing - 8, 0x5A5A);
        for (var i = 0; i < 2_000; i++)
        {
            guest.Registers.Write(8 * random.Next(4), (uint)random.Next());
            guest.Write(Ring + (ulong)random.Next(512) * 8, (ulong)random.NextInt64() ^ ((ulong)random.Next(16) << 60));
            for (var steps = 0; steps < 4; steps++) guest.Viommu.CommandBuffer.Step();
            port.Translate(Va + 0x1000, Access.Read, 1);
            guest.Registers.Restart(QueueStatus.CommandBufferRunning | QueueStatus.EventLogRunning);
        }
        Assert.Equal((0x5A5AUL, 0x5A5AUL), (guest.Read(EventRing + 4096), guest.Read(EventRing - 8)));
        Plan.Run(_machine.Drivers[0].AllocPaging(_machine.Devices[2], HwptAllocFlags.None).Value!.Free());
    }

    [Fact]
    public void I10_the_next_ring_starts_empty_and_the_last_is_not_read_any_more()
    {
        var (guest, _) = CreateGuest(_machine.Devices[1]);
        var queue = guest.GiveRing(HwQueueType.AmdCommandBuffer, Ring);
        Assert.Equal(Errno.EEXIST, guest.Viommu.InitHwQueue(HwQueueType.AmdCommandBuffer, 0, Ring, 0, 4096).Errno);
        Put(guest, 0, Command.WaitAndStore(Semaphore, 1), new Command(0, 0), Command.WaitAndStore(Semaphore, 2));
        while (guest.Viommu.CommandBuffer.Step() == QueueStep.Progress) { }
        Plan.Run(queue.Free());
        Assert.Equal(QueueStep.Idle, guest.Viommu.CommandBuffer.Step());
        Assert.Equal((0u, 0u), (Head(guest), guest.Registers.Read(QueueRegisters.CommandTailOffset)));
        guest.GiveRing(HwQueueType.AmdCommandBuffer, Ring + 0x1000);
        Assert.Equal(QueueStep.Idle, guest.Viommu.CommandBuffer.Step());
        Assert.Equal(1UL, guest.Read(Semaphore));
    }

    [Fact]
    public void A_ring_of_another_index_size_or_kind_is_refused()
    {
        var (guest, _) = CreateGuest(_machine.Devices[1]);
        foreach (var (index, length) in new[] { (1u, 4096UL), (0u, 2048UL), (0u, 4096 + 16UL), (0u, 1UL << 20) })
            Assert.Equal(Errno.EINVAL, guest.Viommu.InitHwQueue(HwQueueType.AmdPprLog, index, Ring, 0, length).Errno);
        Assert.Equal(Errno.EOPNOTSUPP, guest.Viommu.InitHwQueue(HwQueueType.Tegra241Cmdqv, 0, Ring, 0, 4096).Errno);
    }

    [Fact]
    public void Events_and_page_requests_go_to_logs_in_guest_memory_and_the_guest_answers_by_its_buffer()
    {
        var (guest, _) = CreateGuest(_machine.Devices[1]);
        guest.GiveRing(HwQueueType.AmdCommandBuffer, Ring);
        guest.GiveRing(HwQueueType.AmdEventLog, EventRing);
        var log = guest.GiveRing(HwQueueType.AmdPprLog, PprRing);
        var port = _machine.OpenPort(_machine.Devices[1]);
        port.Translate(Va + 0x1000, Access.Read, 1);
        Assert.Equal(EventRecord.Of(EventType.IO_PAGE_FAULT, 0x40, 1, EventFlags.Guest, Va + 0x1000),
            new EventRecord(guest.Read(EventRing), guest.Read(EventRing + 8)));
        Assert.Empty(guest.Events);
        Assert.True(port.RequestPage(Va + 0x1000, Access.Write, 1, 17));
        var request = new PprRecord(guest.Read(PprRing), guest.Read(PprRing + 8));
        Assert.Equal(
            ((ushort)0x40, (int?)1, 17, true, Va + 0x1000),
            (request.DeviceId, request.Pasid, request.Tag, request.IsLast, request.Address));
        Assert.False(port.TryTakeResponse(out _));
        Put(guest, 0, Command.PprResponse(0x40, 1, 17, PprStatus.Success));
        Drain(guest.Viommu.CommandBuffer);
        Assert.True(port.TryTakeResponse(out var response));
        Assert.Equal(new PprResponse(1, 17, PprStatus.Success), response);

        Plan.Run(log.Free());
        Assert.True(port.RequestPage(Va + 0x1000, Access.Write, 1, 18));
        Assert.Equal(16u, _machine.Iommus[0].Registers.Queues.Read(QueueRegisters.PprTailOffset));
    }

    private (GuestOnAmd Guest, ulong Gcr) CreateGuest(PhysicalDevice device)
    {
        var guest = new GuestOnAmd(_machine, device);
        var gcr = guest.BuildTables();
        guest.MapPage(gcr, 1, Va, Gpa);
        guest.Attach(device, 0x40, gcr, 7);
        return (guest, gcr);
    }

    // As the guest's driver would: the commands into the ring, then the tail into the register page.
    private static void Put(GuestOnAmd guest, uint at, params Command[] commands)
    {
        foreach (var command in commands)
        {
            guest.Write(Ring + at, command.Word0);
            guest.Write(Ring + at + 8, command.Word1);
            at += 16;
        }
        guest.Registers.Write(QueueRegisters.CommandTailOffset, at);
    }

    private static uint Head(GuestOnAmd guest) => guest.Registers.Read(QueueRegisters.CommandHeadOffset);

    private static void Drain(CommandBuffer buffer)
    {
        QueueStep step;
        while ((step = buffer.Step()) == QueueStep.Progress) { }
        Assert.Equal(QueueStep.Idle, step);
    }
}
