using Iommu.Hardware;
using Iommu.Hardware.Amd;
using Iommu.Hardware.Amd.Formats;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Hardware.Amd;

public class CommandBufferTests
{
    private readonly AmdMachine _machine = AmdMachine.Create();

    private CommandBuffer Buffer => _machine.Iommus[0].CommandBuffer;

    private Registers Registers => _machine.Iommus[0].Registers;

    [Theory]
    [InlineData(0UL, 0UL)]
    [InlineData(0x9UL << 60, 0UL)]
    [InlineData(0x2UL << 60 | 1UL << 20, 0UL)]
    [InlineData(0x3UL << 60, 8UL)]
    [InlineData(0x8UL << 60 | 1, 0UL)]
    public void An_illegal_command_is_logged_and_stops_the_buffer_at_it_until_it_is_restarted(ulong word0, ulong word1)
    {
        Buffer.Produce([word0, word1, Command.Wait().Word0, 0]);
        var head = Registers.Queues.Read(QueueRegisters.CommandHeadOffset);
        Assert.Equal([QueueStep.Stopped, QueueStep.Stopped], [Buffer.Step(), Buffer.Step()]);
        var slot = (Registers.CommandBuffer & 0x000F_FFFF_FFFF_F000) + head;
        Assert.Equal([EventRecord.Of(EventType.ILLEGAL_COMMAND_ERROR, 0, 0, EventFlags.None, slot)], ReadEvents());

        _machine.Memory.Write64(slot, Command.Wait().Word0);
        _machine.Memory.Write64(slot + 8, 0);
        Buffer.Restart();
        Assert.Equal([QueueStep.Progress, QueueStep.Progress, QueueStep.Idle], [Buffer.Step(), Buffer.Step(), Buffer.Step()]);
    }

    [Fact]
    public void A_device_that_does_not_answer_is_logged_and_the_buffer_goes_on()
    {
        Buffer.LosesIotlbInvalidation = command => command.DeviceId == 8;
        var lost = Command.Iotlb(8, 0x1000, 0x1FFF);
        var head = Registers.Queues.Read(QueueRegisters.CommandHeadOffset);
        Buffer.Produce([lost.Word0, lost.Word1, Command.Wait().Word0, 0]);
        Assert.Equal([QueueStep.Progress, QueueStep.Progress, QueueStep.Idle], [Buffer.Step(), Buffer.Step(), Buffer.Step()]);
        var slot = (Registers.CommandBuffer & 0x000F_FFFF_FFFF_F000) + head;
        Assert.Equal([EventRecord.Of(EventType.IOTLB_INV_TIMEOUT, 8, 0, EventFlags.None, slot)], ReadEvents());
    }

    [Fact]
    public void The_ring_takes_one_command_less_than_it_has_entries_and_wraps()
    {
        var words = new ulong[2 * 600];
        for (var i = 0; i < words.Length; i += 2) words[i] = Command.Devtab(7).Word0;
        var consumed = Buffer.ConsumedTotal;
        Assert.Equal(2 * 511, Buffer.Produce(words));
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(0, Buffer.Produce(words));
            while (Buffer.Step() == QueueStep.Progress) { }
            Assert.Equal(2 * 511, Buffer.Produce(words));
        }
        Assert.Equal(consumed + 3 * 511, Buffer.ConsumedTotal);
    }

    [Fact]
    public void A_wait_waits_for_the_transactions_that_were_in_flight_and_for_no_later_one()
    {
        var domain = _machine.Drivers[0].AllocPaging(_machine.Devices[0], HwptAllocFlags.None).Value!;
        domain.Map(0x1000, 0x5000, 0x1000, Access.Read);
        Plan.Run(_machine.Drivers[0].Attach(_machine.Devices[0], null, domain).Value!);
        var (early, late) = (_machine.OpenPort(_machine.Devices[0]), _machine.OpenPort(_machine.Devices[0]));
        early.Begin(0x1000, Access.Read);
        early.Step();
        Buffer.Produce([Command.Wait().Word0, 0]);
        Assert.Equal(QueueStep.Waiting, Buffer.Step());
        late.Begin(0x1000, Access.Read);
        Assert.Equal(QueueStep.Waiting, Buffer.Step());
        while (!early.Step()) { }
        Assert.Equal(QueueStep.Progress, Buffer.Step());
    }

    [Fact]
    public void A_wait_stores_its_data_and_sets_the_interrupt_bit_when_asked_to()
    {
        var command = Command.WaitAndStore(0x9000, 0x1234_5678_9ABC_DEF0, interrupt: true);
        Buffer.Produce([command.Word0, command.Word1]);
        Assert.Equal(QueueStep.Progress, Buffer.Step());
        Assert.Equal(0x1234_5678_9ABC_DEF0UL, _machine.Memory.Read64(0x9000));
        Assert.True(Registers.Queues.Status.HasFlag(QueueStatus.CompletionWaitInterrupt));
    }

    // Sizes as in AMD 48882, table 14, and as Linux writes them.
    [Theory]
    [InlineData(0x1000UL, 0x1000UL, 0x1FFFUL)]
    [InlineData(0x2001UL, 0x2000UL, 0x3FFFUL)]
    [InlineData(0x4000UL | 0x1001, 0x4000UL, 0x7FFFUL)]
    [InlineData(0x20_0000UL | 0xF_F001, 0x20_0000UL, 0x3F_FFFFUL)]
    [InlineData(0x7FFF_FFFF_FFFF_F001UL, 0UL, ulong.MaxValue)]
    public void An_invalidation_covers_what_its_address_encodes(ulong word1, ulong first, ulong last) =>
        Assert.Equal((first, last), new Command(3UL << 60, word1).Range);

    [Fact]
    public void A_range_is_encoded_as_the_aligned_power_of_two_around_it()
    {
        var random = new Random(1);
        for (var i = 0; i < 10_000; i++)
        {
            var first = (ulong)random.NextInt64(1L << 48) & ~0xFFFUL;
            var last = first + ((ulong)random.NextInt64(1L << random.Next(13, 47)) | 0xFFF);
            var (from, to) = Command.Pages(1, first, last, true).Range;
            var bytes = to - from + 1;
            Assert.True(from <= first && to >= last && ulong.IsPow2(bytes) && from % bytes == 0, $"0x{first:x}..0x{last:x}");
            Assert.True(bytes == 4096 || (first ^ last) >= bytes / 2, $"0x{first:x}..0x{last:x} as 2^{ulong.Log2(bytes)}");
        }
    }

    [Fact]
    public void The_PASID_of_a_command_is_read_from_where_it_was_put()
    {
        foreach (var pasid in new[] { 0, 1, 0xFF, 0x100, 0xABCD, 0xF_FFFF })
        {
            Assert.Equal(pasid, Command.GuestPages(3, pasid, 0, 0xFFF, false).Pasid);
            Assert.Equal(pasid, Command.Iotlb(0x18, 0, 0xFFF, pasid).Pasid);
            Assert.Equal(pasid, Command.PprResponse(0x18, pasid, 5, PprStatus.Success).Pasid);
        }
    }

    private List<EventRecord> ReadEvents()
    {
        var ring = Registers.EventLog & 0x000F_FFFF_FFFF_F000;
        var count = Registers.Queues.Read(QueueRegisters.EventTailOffset) / 16;
        return [.. Enumerable.Range(0, (int)count).Select(i => new EventRecord(
            _machine.Memory.Read64(ring + (ulong)i * 16), _machine.Memory.Read64(ring + (ulong)i * 16 + 8)))];
    }
}
