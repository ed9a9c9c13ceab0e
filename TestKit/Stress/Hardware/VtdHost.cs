using Iommu.Hardware.Drivers;
using Iommu.Hardware.Faults;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Vtd;
using Iommu.TestKit.Checkers.Vtd;
using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Stress.Hardware;

/// <summary>A host with a VT-d unit.</summary>
internal sealed class VtdHost : HostHardware
{
    private readonly VtdMachine _machine;
    private readonly StaleTranslation _stale;

    public VtdHost(HostPlan plan)
    {
        StaleTranslation? stale = null;
        var faults = new FaultPlanter(plan.Fault, CommandSet.Vtd);
        _machine = VtdMachine.Create(new VtdMachineOptions
        {
            DevicesPerUnit = plan.Devices,
            DevicesWithAts = plan.DevicesWithAts,
            GuestsPerUnit = 2 * plan.Guests,
            DecorateQueue = (unit, queue) =>
            {
                if (faults.Atc is { } atc) queue.LosesDeviceInvalidation = atc.Loses;
                return (stale = new StaleTranslation(unit)).Watch(faults.InHost(queue));
            },
        });
        _stale = stale!;
        _stale.Found = breach => plan.Findings.Report("I8", breach.ToString(), faults.Details);
        Machine = _machine.ToMachine();
        GuestIommu = new VtdGuestIommu(plan.HasQueues);
        Queues = plan.HasQueues ? new VtdQueues(Memory, _stale, faults, _machine.Units[0].Registers.MaxAddressMask) : null;
    }

    public override Machine Machine { get; }

    public override PhysicalMemory Memory => _machine.Memory;

    public override GuestIommu GuestIommu { get; }

    public override GuestQueues? Queues { get; }

    public override int StaleHits => _stale.Breaches.Count;

    public override UserAddressSpace CreateProcess() => _machine.CreateProcess();

    public override IDmaPort OpenPort(PhysicalDevice device, uint pasid = 0) =>
        new VtdPort(_machine.OpenPort(device, pasid == 0 ? null : pasid, _stale.CreateWitness(device.Name)));
}
