using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using RiscvIommu;
using RiscvIommu.Driver;
using RiscvIommu.Formats;

namespace Iommu.Tests.Samples.Riscv;

/// <summary>The sample where the rules for every driver do not look: faults, fences, fills that are overtaken, refused commands.</summary>
public class RiscvUnitTests
{
    private const ulong Iova = 0x1_2345_6000;

    private readonly RiscvMachine _machine = RiscvMachine.Create();

    private PhysicalDevice Device => _machine.Devices[0];

    [Fact]
    public void A_device_that_is_blocked_faults_with_an_invalid_context_and_an_unknown_one_too()
    {
        Assert.Equal(FaultCause.ContextInvalid, _machine.OpenPort(Device).Translate(Iova, Access.Write).Cause);
        Assert.Equal(FaultCause.ContextInvalid, _machine.Unit.OpenPort(0xFF00).Translate(Iova, Access.Read).Cause);
        var record = Record();
        Assert.Equal((FaultCause.ContextInvalid, Device.StreamId, Iova, 3UL),
            (record.Cause, record.DeviceId, record.Iova, (record.Header >> 34) & 0x3F));
    }

    [Theory]
    [InlineData(HwptAllocFlags.None, FaultCause.ReadPage, FaultCause.WritePage, 0)]
    [InlineData(HwptAllocFlags.NestParent, FaultCause.ReadGuestPage, FaultCause.WriteGuestPage, Iova)]
    public void A_fault_says_which_stage_it_was_and_what_was_tried(HwptAllocFlags flags, FaultCause read, FaultCause write, ulong guest)
    {
        var domain = Attached(flags);
        var port = _machine.OpenPort(Device);

        Assert.Equal(read, port.Translate(Iova, Access.Read).Cause);
        Assert.Equal(guest, Record().GuestAddress);
        domain.Map(Iova, 0x5000, 0x1000, Access.Read);
        Assert.Equal(write, port.Translate(Iova, Access.Write).Cause);
        Assert.True(port.Translate(Iova, Access.Read).Succeeded);
    }

    [Fact]
    public void An_address_that_is_not_canonical_is_a_page_fault()
    {
        Attached(HwptAllocFlags.None);
        Assert.Equal(FaultCause.ReadPage, _machine.OpenPort(Device).Translate(1UL << 47, Access.Read).Cause);
    }

    [Fact]
    public void A_fence_waits_for_the_request_in_flight_and_not_for_the_next()
    {
        var domain = Attached(HwptAllocFlags.None);
        domain.Map(Iova, 0x5000, 0x1000, Access.ReadWrite);
        var port = _machine.OpenPort(Device);
        port.Begin(Iova, Access.Read);
        domain.Unmap(Iova, 0x1000);
        var queue = (ICommandQueue)_machine.Unit.Commands;
        var batch = domain.Flush(Iova, 0x1000).Single();
        Assert.Equal(batch.Words.Length, queue.Produce(batch.Words.Span));

        Assert.Equal(QueueStep.Progress, queue.Step());
        Assert.Equal(QueueStep.Waiting, queue.Step());
        while (!port.Step()) Assert.Equal(QueueStep.Waiting, queue.Step());
        port.Begin(Iova, Access.Read);
        Assert.Equal(QueueStep.Progress, queue.Step());
        Assert.Equal(QueueStep.Idle, queue.Step());
    }

    [Fact]
    public void Between_the_walk_and_its_fill_an_invalidation_keeps_the_translation_out()
    {
        var domain = Attached(HwptAllocFlags.None);
        domain.Map(Iova, 0x5000, 0x1000, Access.ReadWrite);
        var port = _machine.OpenPort(Device);
        for (var steps = 0; steps < 8; steps++)
        {
            port.Begin(Iova, Access.Read);
            var ended = false;
            for (var step = 0; step < steps && !ended; step++) ended = port.Step();
            domain.Unmap(Iova, 0x1000);
            var batch = domain.Flush(Iova, 0x1000).Single();
            _machine.Unit.Commands.Produce(batch.Words.Span[..2]);
            _machine.Unit.Commands.Step();
            while (!ended) ended = port.Step();
            Assert.False(_machine.OpenPort(Device).Translate(Iova, Access.Read).Succeeded, $"invalidated after {steps} steps");
            domain.Map(Iova, 0x5000, 0x1000, Access.ReadWrite);
            Assert.True(port.Translate(Iova, Access.Read).Succeeded);
        }
    }

    [Theory]
    [InlineData(0x7FUL, 0UL)]
    [InlineData(1UL | (1UL << 11), 0UL)]
    [InlineData(1UL | (1UL << 7) | (1UL << 32), 0UL)]
    [InlineData(3UL | (1UL << 7), 0UL)]
    [InlineData(3UL, 1UL)]
    public void A_command_with_what_it_has_not_stops_the_queue_at_itself(ulong word0, ulong word1)
    {
        var queue = _machine.Unit.Commands;
        var (head, consumed) = (_machine.Unit.Registers.CommandHead, queue.ConsumedTotal);
        queue.Produce([word0, word1]);
        Assert.Equal(QueueStep.Stopped, queue.Step());
        Assert.Equal((head, consumed), (_machine.Unit.Registers.CommandHead, queue.ConsumedTotal));
        Assert.NotEqual(0U, _machine.Unit.Registers.CommandStatus & Registers.IllegalCommand);
    }

    [Fact]
    public void A_full_fault_queue_loses_what_comes_until_software_says_so()
    {
        var port = _machine.OpenPort(Device);
        for (var i = 0; i < 300; i++) port.Translate(Iova, Access.Read);
        Plan.Run(_machine.Driver.Service(null!));
        Assert.Equal((255L, 1L), (_machine.Driver.HostFaults, _machine.Driver.FaultOverflows));
        port.Translate(Iova, Access.Read);
        Plan.Run(_machine.Driver.Service(null!));
        Assert.Equal(256, _machine.Driver.HostFaults);
    }

    [Theory]
    [InlineData(0x4000_0000UL, 0x4000_0FFFUL)]
    [InlineData(0x4000_0000UL, 0x4000_1FFFUL)]
    [InlineData(0x4000_1000UL, 0x4000_2FFFUL)]
    [InlineData(0UL, 0x7FFF_FFFF_FFFFUL)]
    public void A_range_is_covered_by_the_power_of_two_around_it(ulong first, ulong last)
    {
        var (covered, end) = Command.Vma().OfRange(first, last, tables: false).Range;
        var size = end - covered + 1;
        Assert.True(covered <= first && end >= last && (size & (size - 1)) == 0 && covered % size == 0, $"0x{covered:x}..0x{end:x}");
    }

    private IPagingDomain Attached(HwptAllocFlags flags)
    {
        var domain = _machine.Driver.AllocPaging(Device, flags).Value!;
        Plan.Run(_machine.Driver.Attach(Device, null, domain).Value!);
        return domain;
    }

    private FaultRecord Record()
    {
        Assert.True(_machine.Unit.Faults.TryRead(out var record));
        return record;
    }
}
