using Iommu.Hardware.Amd;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Faults;
using Iommu.Hardware.Memory;
using Iommu.TestKit.Checkers.Amd;
using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Stress.Hardware;

/// <summary>A host with an AMD IOMMU.</summary>
internal sealed class AmdHost : HostHardware
{
    private readonly AmdMachine _machine;
    private readonly StaleTranslation _stale;

    public AmdHost(HostPlan plan)
    {
        StaleTranslation? stale = null;
        var faults = new FaultPlanter(plan.Fault, CommandSet.Amd);
        _machine = AmdMachine.Create(new AmdMachineOptions
        {
            DevicesPerIommu = plan.Devices,
            DevicesWithAts = plan.DevicesWithAts,
            GuestsPerIommu = 2 * plan.Guests,
            DecorateQueue = (iommu, queue) =>
            {
                if (faults.Atc is { } atc) queue.LosesIotlbInvalidation = atc.Loses;
                return (stale = new StaleTranslation(iommu)).Watch(faults.InHost(queue));
            },
        });
        _stale = stale!;
        _stale.Found = hit => plan.Findings.Report("I8", hit.ToString(), faults.Details);
        GuestIommu = new AmdGuestIommu(plan.HasQueues);
        Queues = plan.HasQueues ? new AmdQueues(Memory, _stale, faults) : null;
        Machine = _machine.ToMachine();
    }

    public override Machine Machine { get; }

    public override PhysicalMemory Memory => _machine.Memory;

    public override GuestIommu GuestIommu { get; }

    public override GuestQueues? Queues { get; }

    public override int StaleHits => _stale.Breaches.Count;

    public override UserAddressSpace CreateProcess() => _machine.CreateProcess();

    public override IDmaPort OpenPort(PhysicalDevice device, uint pasid = 0) =>
        new AmdPort(_machine.OpenPort(device, _stale.CreateWitness(device.Name)), pasid == 0 ? null : (int)pasid);
}
