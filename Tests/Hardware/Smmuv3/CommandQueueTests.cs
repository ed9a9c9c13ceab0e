using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Faults;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Hardware.Smmuv3;

public class CommandQueueTests
{
    private readonly Smmuv3Machine _machine = Smmuv3Machine.Create();

    private CommandQueue Queue => _machine.Smmus[0].CommandQueue;

    private Registers Registers => _machine.Smmus[0].Registers;

    [Fact]
    public void An_unknown_command_stops_the_queue_with_the_reason_in_CONS_until_it_is_acknowledged()
    {
        Queue.Produce([0xEE, 0, Command.Sync().Word0, 0]);
        var index = Registers.CommandConsumer;
        Assert.Equal(QueueStep.Stopped, Queue.Step());
        Assert.Equal(QueueStep.Stopped, Queue.Step());
        Assert.Equal(1u, Registers.CommandConsumer >> 24);
        Assert.Equal(index, Registers.CommandConsumer & 0xFF_FFFF);
        Assert.Equal(1u, (Registers.Gerror ^ Registers.Gerrorn) & 1);

        var slot = (Registers.CommandQueueBase & ~0x1FUL) + index * 16;
        _machine.Memory.Write64(slot, Command.Sync().Word0);
        Queue.Acknowledge();
        Assert.Equal([QueueStep.Progress, QueueStep.Progress, QueueStep.Idle], [Queue.Step(), Queue.Step(), Queue.Step()]);
    }

    [Fact]
    public void The_ring_takes_what_fits_and_wraps()
    {
        var words = new ulong[2 * 1500];
        for (var i = 0; i < words.Length; i += 2) words[i] = (ulong)Opcode.PrefetchConfig;
        var consumed = Queue.ConsumedTotal;
        Assert.Equal(2 * 1024, Queue.Produce(words));
        Assert.Equal(0, Queue.Produce(words));
        for (var round = 0; round < 5; round++)
        {
            while (Queue.Step() == QueueStep.Progress) { }
            Assert.Equal(2 * 1024, Queue.Produce(words));
        }
        while (Queue.Step() == QueueStep.Progress) { }
        Assert.Equal(consumed + 6 * 1024, Queue.ConsumedTotal);
    }

    [Fact]
    public void A_sync_waits_for_the_transactions_that_were_in_flight_and_for_no_later_one()
    {
        var domain = _machine.Drivers[0].AllocPaging(_machine.Devices[0], HwptAllocFlags.None).Value!;
        domain.Map(0x1000, 0x5000, 0x1000, Access.Read);
        Plan.Run(_machine.Drivers[0].Attach(_machine.Devices[0], null, domain).Value!);
        var (early, late) = (_machine.OpenPort(_machine.Devices[0]), _machine.OpenPort(_machine.Devices[0]));
        early.Begin(0x1000, Access.Read);
        early.Step();
        Queue.Produce([Command.Sync().Word0, 0]);
        Assert.Equal(QueueStep.Waiting, Queue.Step());
        late.Begin(0x1000, Access.Read);
        while (!early.Step()) Assert.Equal(QueueStep.Waiting, Queue.Step());
        Assert.Equal(QueueStep.Progress, Queue.Step());
        while (!late.Step()) { }
    }

    [Fact]
    public void A_sync_by_message_writes_its_data_to_memory()
    {
        Queue.Produce([(ulong)Opcode.Sync | (1UL << 12) | (0xCAFEUL << 32), 0x7000]);
        while (Queue.Step() != QueueStep.Idle) { }
        Assert.Equal(0xCAFEu, _machine.Memory.Read32(0x7000));
    }

    [Fact]
    public void A_full_event_ring_loses_records_and_says_so()
    {
        var domain = _machine.Drivers[0].AllocPaging(_machine.Devices[0], HwptAllocFlags.None).Value!;
        Plan.Run(_machine.Drivers[0].Attach(_machine.Devices[0], null, domain).Value!);
        var port = _machine.OpenPort(_machine.Devices[0]);
        for (var i = 0; i < 512; i++) port.Translate(0x1000, Access.Read);
        Assert.Equal(512u, Registers.EventProducer);
        port.Translate(0x1000, Access.Read);
        Assert.Equal(512u | (1u << 31), Registers.EventProducer);
    }

    [Fact]
    public void Tags_run_out_with_ENOSPC_and_come_back()
    {
        var machine = Smmuv3Machine.Create(new() { Registers = () => new Registers { Idr0 = 0x0d40041b } });
        var driver = machine.Drivers[0];
        var domains = Enumerable.Range(0, 255).Select(_ => driver.AllocPaging(machine.Devices[0], HwptAllocFlags.None).Value!).ToList();
        Assert.Equal(Errno.ENOSPC, driver.AllocPaging(machine.Devices[0], HwptAllocFlags.None).Errno);
        Plan.Run(domains[7].Free());
        Assert.Equal(Errno.None, driver.AllocPaging(machine.Devices[0], HwptAllocFlags.None).Errno);
    }

    [Fact]
    public void A_failing_driver_fails_the_chosen_call_and_no_other()
    {
        for (var victim = 0; victim < 5; victim++)
        {
            var machine = Smmuv3Machine.Create(new() { DecorateDriver = inner => new FailingDriver(inner, victim) });
            var device = machine.Devices[0];
            var errnos = new List<Errno>();
            var parent = device.Iommu.AllocPaging(device, HwptAllocFlags.NestParent);
            errnos.Add(parent.Errno);
            if (parent.Failed) parent = device.Iommu.AllocPaging(device, HwptAllocFlags.NestParent);
            errnos.Add(device.Iommu.Attach(device, null, parent.Value).Errno);
            var viommu = device.Iommu.AllocViommu(device, parent.Value!);
            errnos.Add(viommu.Errno);
            if (viommu.Failed) viommu = device.Iommu.AllocViommu(device, parent.Value!);
            errnos.Add(viommu.Value!.AddVdevice(device, 1));
            errnos.Add(viommu.Value!.AllocNested(new byte[16]).Errno);
            Assert.Equal(Enumerable.Range(0, 5).Select(call => call == victim ? Errno.ENOMEM : Errno.None), errnos);
        }
    }
}
