using Iommu.Hardware.Drivers;
using Iommu.Hardware.Faults;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Caches;
using Iommu.Hardware.Tegra241;
using Iommu.TestKit.Checkers.Smmuv3;
using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Stress.Hardware;

/// <summary>A host with an SMMUv3, whose command queue may have a fault planted in it.</summary>
internal class Smmuv3Host : CheckedHost<Command, CacheEntry>
{
    // 65,536 invalidations, the last few hundredths of a second: what fits into the processor's caches.
    private const int RememberedSetsLog2 = 14;

    private readonly Smmuv3Machine _machine;

    public Smmuv3Host(HostPlan plan, CmdqvParameters? cmdqv = null) : base(plan, CommandSet.Smmuv3)
    {
        var repeats = plan.Fault?.Kind == FaultKind.RepeatTlbi;
        _machine = Smmuv3Machine.Create(new Smmuv3MachineOptions
        {
            DevicesPerSmmu = plan.Devices,
            DevicesWithAts = plan.DevicesWithAts,
            RepeatsInvalidations = repeats,
            Cmdqv = cmdqv,
            DecorateDriver = plan.Decoration.Driver,
            DecorateQueue = (smmu, queue) =>
            {
                if (Faults.Atc is { } atc) queue.LosesAtcInvalidation = atc.Loses;
                var own = plan.Decoration.Queue(queue);
                var faulty = repeats ? new RepeatTlbiQueue(own, plan.Fault!.AtInvalidation - 1) : Faults.InHost(own);
                return Reporting(new StaleTranslation(smmu, RememberedSetsLog2)).Watch(faulty, repeats);
            },
        });
        Machine = _machine.ToMachine();
    }

    public override Machine Machine { get; }

    public override PhysicalMemory Memory => _machine.Memory;

    public override GuestIommu GuestIommu => GuestIommu.Smmuv3;

    public override UserAddressSpace CreateProcess() => _machine.CreateProcess();

    public override IDmaPort OpenPort(PhysicalDevice device, uint pasid = 0) =>
        new Smmuv3Port(_machine.OpenPort(device, Stale.CreateWitness(device.Name), pasid == 0 ? null : pasid));
}
