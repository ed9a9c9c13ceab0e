using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Vtd;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Hardware.Vtd;

public class InvalidationQueueTests
{
    private readonly VtdMachine _machine = VtdMachine.Create(new VtdMachineOptions { DevicesWithAts = 1 });

    private InvalidationQueue Queue => _machine.Units[0].Queue;

    private Registers Registers => _machine.Units[0].Registers;

    [Theory]
    [InlineData(0xBUL, 0UL, QueueError.DescriptorType)]
    [InlineData(0x201UL, 0UL, QueueError.DescriptorType)]
    [InlineData(0x2UL, 0UL, QueueError.ReservedField)]
    [InlineData(0x12UL, 0xF80UL, QueueError.ReservedField)]
    [InlineData(0x32UL, 19UL, QueueError.ReservedField)]
    [InlineData(0x26UL | (1UL << 52), 0UL, QueueError.ReservedField)]
    [InlineData(0x27UL, 0UL, QueueError.ReservedField)]
    public void A_descriptor_that_it_does_not_take_stops_it_until_software_has_replaced_it(ulong word0, ulong word1, QueueError error)
    {
        var head = Registers.QueueHead;
        Queue.Produce([word0, word1, 0, 0]);

        Assert.Equal([QueueStep.Stopped, QueueStep.Stopped], [Queue.Step(), Queue.Step()]);
        Assert.Equal((FaultStatus.QueueError, error, head),
            (Registers.FaultStatus, (QueueError)(Registers.QueueError & 0xF), Registers.QueueHead));

        var at = (Registers.QueueAddress & ~0xFFFUL) + head;
        _machine.Memory.Write64(at, Descriptor.Fence().Word0);
        _machine.Memory.Write64(at + 8, 0);
        Registers.ClearStatus(FaultStatus.QueueError);
        Assert.Equal([QueueStep.Progress, QueueStep.Idle], [Queue.Step(), Queue.Step()]);
    }

    [Fact]
    public void A_tail_between_two_descriptors_or_beyond_the_ring_stops_it()
    {
        Registers.QueueTail = Registers.QueueHead + 16;
        Assert.Equal(QueueStep.Stopped, Queue.Step());
        Assert.Equal(QueueError.TailAlignment, (QueueError)(Registers.QueueError & 0xF));
        Registers.ClearStatus(FaultStatus.QueueError);
        Registers.QueueTail = 1 << 14;
        Assert.Equal(QueueStep.Stopped, Queue.Step());
        Assert.Equal(QueueError.InvalidTail, (QueueError)(Registers.QueueError & 0xF));
    }

    [Fact]
    public void The_ring_takes_what_fits_and_wraps()
    {
        var words = new ulong[4 * 300];
        for (var i = 0; i < words.Length; i += 4) words[i] = Descriptor.Fence().Word0;
        for (var round = 0; round < 5; round++)
        {
            Assert.Equal(4 * 255, Queue.Produce(words));
            Assert.Equal(0, Queue.Produce(words));
            while (Queue.Step() == QueueStep.Progress) { }
            Assert.Equal(Registers.QueueTail, Registers.QueueHead);
        }
    }

    [Fact]
    public void A_wait_descriptor_writes_its_status_when_the_requests_that_were_in_flight_have_ended()
    {
        var (early, late) = (_machine.OpenPort(_machine.Devices[1]), _machine.OpenPort(_machine.Devices[1]));
        early.Begin(0x1000, Access.Read);
        Produce(Descriptor.IotlbAll(), Descriptor.Wait(0x9000, 77));
        Assert.Equal([QueueStep.Progress, QueueStep.Waiting], [Queue.Step(), Queue.Step()]);
        late.Begin(0x1000, Access.Read);
        Assert.Equal(0u, _machine.Memory.Read32(0x9000));

        while (!early.Step()) { }
        Assert.Equal(QueueStep.Progress, Queue.Step());
        Assert.Equal(77u, _machine.Memory.Read32(0x9000));
    }

    [Fact]
    public void A_device_that_does_not_answer_times_the_wait_descriptor_out()
    {
        var device = _machine.Devices[0];
        _machine.OpenPort(device);
        _machine.Units[0].SetGone(device.StreamId, true);
        Produce(Descriptor.DeviceTlb(device.StreamId, 0, Descriptor.AllPages), Descriptor.Wait(0x9000, 77));

        Assert.Equal([QueueStep.Progress, QueueStep.Stopped, QueueStep.Stopped], [Queue.Step(), Queue.Step(), Queue.Step()]);
        Assert.Equal((FaultStatus.TimeOut, device.StreamId), (Registers.FaultStatus, (uint)(Registers.QueueError >> 32) & 0xFFFF));
        Assert.Equal(0u, _machine.Memory.Read32(0x9000));

        Registers.ClearStatus(FaultStatus.TimeOut);
        Produce(Descriptor.Wait(0x9000, 78));
        Assert.Equal(QueueStep.Progress, Queue.Step());
        Assert.Equal(78u, _machine.Memory.Read32(0x9000));
    }

    [Fact]
    public void A_stray_completion_is_an_error_that_stops_nothing()
    {
        _machine.Units[0].CompleteUnasked(0x18);

        Assert.Equal((FaultStatus.CompletionError, 0x18UL), (Registers.FaultStatus, Registers.QueueError >> 48));
        Produce(Descriptor.IotlbAll());
        Assert.Equal(QueueStep.Progress, Queue.Step());
    }

    [Theory]
    [InlineData(0x1234_5000UL, 0, 0x1234_5000UL, 0x1234_5FFFUL)]
    [InlineData(0x1234_4000UL, 1, 0x1234_4000UL, 0x1234_5FFFUL)]
    [InlineData(0x4000_0000UL, 9, 0x4000_0000UL, 0x401F_FFFFUL)]
    [InlineData(0UL, Descriptor.AllPages, 0UL, ulong.MaxValue)]
    public void A_device_TLB_descriptor_says_its_range_by_the_lowest_clear_bit(ulong address, int pagesLog2, ulong first, ulong last)
    {
        Assert.Equal((first, last), Descriptor.DeviceTlb(8, address, pagesLog2).Range);
        Assert.Equal((first, last), Descriptor.PasidDeviceTlb(8, 3, address, pagesLog2).Range);
    }

    [Fact]
    public void What_is_cached_stays_until_a_descriptor_covers_it()
    {
        var device = _machine.Devices[1];
        var domain = _machine.Drivers[0].AllocPaging(device, HwptAllocFlags.None).Value!;
        domain.Map(0x1000, 0x5000, 0x1000, Access.ReadWrite);
        Plan.Run(_machine.Drivers[0].Attach(device, null, domain).Value!);
        var port = _machine.OpenPort(device);
        Assert.Equal(0x5000UL, port.Translate(0x1000, Access.Read).Address);
        domain.Unmap(0x1000, 0x1000);

        Run(Descriptor.PasidIotlbPages(2, 0, 0x2000, 0, false));
        Run(Descriptor.PasidIotlb(2, 5));
        Run(Descriptor.IotlbOfDomain(3));
        Assert.True(port.Translate(0x1000, Access.Read).Succeeded);
        Run(Descriptor.PasidIotlbPages(2, 0, 0x1000, 0, true));
        Assert.False(port.Translate(0x1000, Access.Read).Succeeded);
    }

    private void Produce(params Descriptor[] descriptors)
    {
        foreach (var one in descriptors) Assert.Equal(4, Queue.Produce([one.Word0, one.Word1, one.Word2, one.Word3]));
    }

    private void Run(Descriptor descriptor)
    {
        Produce(descriptor);
        Assert.Equal(QueueStep.Progress, Queue.Step());
    }
}
