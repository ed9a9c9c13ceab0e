using Iommu.Hardware.Drivers;
using Iommu.Hardware.Faults;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Tegra241;
using Iommu.TestKit.Checkers.Smmuv3;
using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Stress.Hardware;

/// <summary>A host with an SMMUv3, whose command queue may have a fault planted in it.</summary>
internal class Smmuv3Host : HostHardware
{
    // 65,536 invalidations, the last few hundredths of a second: what fits into the processor's caches.
    private const int RememberedSetsLog2 = 14;

    // Idle steps by which an early CMD_SYNC runs ahead of its invalidation: some hundred batches.
    private const int StepsLate = 256;

    private readonly Smmuv3Machine _machine;

    public Smmuv3Host(HostPlan plan, CmdqvParameters? cmdqv = null)
    {
        StaleTranslation? stale = null;
        ICommandQueue? fault = null;
        var repeats = plan.Fault?.Kind == FaultKind.RepeatTlbi;
        _machine = Smmuv3Machine.Create(new Smmuv3MachineOptions
        {
            DevicesPerSmmu = plan.Devices,
            DevicesWithAts = plan.DevicesWithAts,
            RepeatsInvalidations = repeats,
            Cmdqv = cmdqv,
            DecorateQueue = (smmu, queue) =>
            {
                fault = Planted(queue, plan.Fault);
                return (stale = new StaleTranslation(smmu, RememberedSetsLog2)).Watch(fault ?? queue, repeats);
            },
        });
        Stale = stale!;
        Stale.Found = hit => plan.Findings.Report("I8", hit.ToString(),
            plan.Fault?.Every == 0 && VictimOf(fault) is { } victim ? [$"the planted fault hit {victim}"] : []);
        Machine = _machine.ToMachine();
    }

    public override Machine Machine { get; }

    public override PhysicalMemory Memory => _machine.Memory;

    public override GuestIommu GuestIommu => GuestIommu.Smmuv3;

    public override int StaleHits => Stale.Breaches.Count;

    protected StaleTranslation Stale { get; }

    public override UserAddressSpace CreateProcess() => _machine.CreateProcess();

    public override IDmaPort OpenPort(PhysicalDevice device, uint pasid = 0) =>
        new Smmuv3Port(_machine.OpenPort(device, Stale.CreateWitness(device.Name), pasid == 0 ? null : pasid));

    private static ICommandQueue? Planted(CommandQueue queue, PlantedFault? fault) => fault?.Kind switch
    {
        FaultKind.DropInvalidation => new DroppedCommandQueue(queue, fault.AtInvalidation - 1, fault.Every),
        FaultKind.DelayInvalidation => new DelayedCommandQueue(queue, fault.AtInvalidation - 1, fault.Every),
        FaultKind.DuplicateInvalidation => new DuplicatedCommandQueue(queue, fault.AtInvalidation - 1, fault.Every),
        FaultKind.AtcTimeout => new AtcTimeoutQueue(queue, fault.AtInvalidation - 1, fault.Every),
        FaultKind.RepeatTlbi => new RepeatTlbiQueue(queue, fault.AtInvalidation - 1),
        FaultKind.EarlySync => new EarlySyncQueue(queue, fault.AtInvalidation - 1, StepsLate, fault.Every),
        _ => null,
    };

    private static Command? VictimOf(ICommandQueue? fault) => fault switch
    {
        CommandFault mistreating => mistreating.Victim,
        AtcTimeoutQueue silent => silent.Victim,
        _ => null,
    };
}
