using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Formats;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Hardware.Smmuv3;

/// <summary>Faults that wait for software: what is recorded, what resumes them, and what they do not hold up.</summary>
public class StallTests
{
    private const ulong Iova = 0x4000;

    private readonly Smmuv3Machine _machine = Smmuv3Machine.Create(new()
    {
        DevicesStall = true, PasidBits = 4, Registers = Registers.Complete,
    });

    private readonly FaultList _faults = new();

    private IIommuDriver Driver => _machine.Drivers[0];

    private PhysicalDevice Device => _machine.Devices[0];

    [Fact]
    public void A_stalled_transaction_waits_and_goes_through_when_it_is_retried_after_the_page_is_there()
    {
        var domain = Attach();
        var port = _machine.OpenPort(Device);
        Assert.Equal(TranslationKind.Stalled, port.Translate(Iova + 8, Access.Write).Kind);
        Assert.False(port.Step());
        Service();
        var fault = Assert.Single(_faults.All);
        Assert.Equal((Device, Iova + 8, PageFaultPermissions.Write, PageFaultFlags.LastPage),
            (fault.Device, fault.Fault.Address, fault.Fault.Permissions, fault.Fault.Flags));
        domain.Map(Iova, 0x9000, 0x1000, Access.ReadWrite);
        Assert.False(port.Step());
        Plan.Run(Driver.RespondToFaults(Device, [fault.Fault], PageResponseCode.Success));
        Assert.Equal(Translation.Ok(0x9008, Access.ReadWrite), Finish(port));
    }

    [Fact]
    public void One_that_is_answered_INVALID_aborts_and_one_that_is_retried_too_early_stalls_again()
    {
        Attach();
        var port = _machine.OpenPort(Device);
        port.Translate(Iova, Access.Read);
        Service();
        Plan.Run(Driver.RespondToFaults(Device, [_faults.All[0].Fault], PageResponseCode.Success));
        while (!port.IsStalled || _faults.All.Count < 2)
        {
            Assert.False(port.Step());
            Service();
        }
        Plan.Run(Driver.RespondToFaults(Device, [_faults.All[1].Fault], PageResponseCode.Invalid));
        Assert.Equal(Translation.Fault(EventType.F_TRANSLATION), Finish(port));
    }

    [Fact]
    public void A_PASID_is_in_the_fault()
    {
        Plan.Run(Driver.AttachPasid(Device, 5, null, Driver.AllocPaging(Device, HwptAllocFlags.Pasid).Value!).Value!);
        _machine.OpenPort(Device, pasid: 5).Translate(Iova, Access.Read);
        Service();
        var fault = Assert.Single(_faults.All).Fault;
        Assert.Equal((PageFaultFlags.LastPage | PageFaultFlags.PasidValid, 5u), (fault.Flags, fault.Pasid));
    }

    [Fact]
    public void A_sync_does_not_wait_for_what_is_stalled()
    {
        Attach();
        _machine.OpenPort(Device).Translate(Iova, Access.Read);
        var stepped = _machine.OpenPort(Device);
        stepped.Begin(Iova, Access.Read);
        while (!stepped.IsStalled) stepped.Step();
        Plan.Run(new CommandBatch(_machine.Drivers[0].Queue, new[] { Command.Sync().Word0, 0UL }));
    }

    [Fact]
    public void A_RESUME_of_another_stream_or_tag_changes_nothing_and_STALL_TERM_ends_all_of_one_stream()
    {
        Attach();
        Plan.Run(Driver.Attach(_machine.Devices[1], null, Driver.AllocPaging(Device, HwptAllocFlags.None).Value!).Value!);
        Port[] ports = [_machine.OpenPort(Device), _machine.OpenPort(Device), _machine.OpenPort(_machine.Devices[1])];
        foreach (var port in ports) port.Translate(Iova, Access.Read);
        Assert.Equal([0, 1, 2], ports.Select(port => (int)port.LastEvent!.Value.StallTag));
        Issue(Command.Resume(Device.StreamId, 2, retry: false), Command.Resume(Device.StreamId, 9, retry: false));
        Assert.All(ports, port => Assert.False(port.Step()));
        Issue(Command.StallTerm(Device.StreamId));
        Assert.Equal([true, true, false], ports.Select(port => port.Step()));
        Issue(Command.Resume(_machine.Devices[1].StreamId, 2, retry: false) with { Word0 = (ulong)Opcode.Resume | (0x10UL << 32) });
        Assert.True(ports[2].Step());
        Assert.Equal(Translation.Discarded(EventType.F_TRANSLATION), ports[2].Result);
    }

    [Fact]
    public void The_event_of_a_stall_waits_for_room_and_is_not_lost()
    {
        Attach();
        var registers = _machine.Smmus[0].Registers;
        registers.EventQueueBase &= ~0x1FUL;
        Port[] ports = [_machine.OpenPort(Device), _machine.OpenPort(Device)];
        foreach (var port in ports) port.Translate(Iova, Access.Read);
        Assert.Equal(1u, registers.EventProducer);
        Service();
        Assert.False(ports[1].Step());
        Service();
        Assert.Equal([0u, 1u], _faults.All.Select(fault => fault.Fault.Group));
    }

    [Fact]
    public void No_more_stall_at_a_time_than_the_SMMU_says()
    {
        Attach();
        var ports = Enumerable.Range(0, 40).Select(_ => _machine.OpenPort(Device)).ToList();
        foreach (var port in ports) port.Translate(Iova, Access.Read);
        Service();
        Assert.Equal(32, _faults.All.Count);
        Plan.Run(Driver.RespondToFaults(Device, [_faults.All[0].Fault], PageResponseCode.Invalid));
        foreach (var port in ports) port.Step();
        Service();
        Assert.Equal(33, _faults.All.Count);
    }

    [Fact]
    public void A_device_that_cannot_wait_gets_descriptors_that_do_not_stall()
    {
        var machine = Smmuv3Machine.Create(new() { Registers = Registers.Complete });
        var device = machine.Devices[0];
        Plan.Run(machine.Drivers[0].Attach(device, null, machine.Drivers[0].AllocPaging(device, HwptAllocFlags.None).Value!).Value!);
        Assert.Equal(EventType.F_TRANSLATION, machine.OpenPort(device).Translate(Iova, Access.Read).Event);
    }

    private IPagingDomain Attach()
    {
        var domain = Driver.AllocPaging(Device, HwptAllocFlags.None).Value!;
        Plan.Run(Driver.Attach(Device, null, domain).Value!);
        return domain;
    }

    private void Service() => Plan.Run(_machine.Drivers[0].Service(_faults));

    private void Issue(params Command[] commands) => Plan.Run(new CommandBatch(
        _machine.Drivers[0].Queue,
        commands.Append(Command.Sync()).SelectMany(command => new[] { command.Word0, command.Word1 }).ToArray()));

    private static Translation Finish(Port port)
    {
        for (var steps = 0; !port.Step(); steps++) Assert.InRange(steps, 0, 100);
        return port.Result;
    }
}
