using Iommu.Hardware.Amd;
using Iommu.Hardware.Drivers;
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
        _machine = AmdMachine.Create(new AmdMachineOptions
        {
            DevicesPerIommu = plan.Devices,
            DevicesWithAts = plan.DevicesWithAts,
            DecorateQueue = (iommu, queue) => (stale = new StaleTranslation(iommu)).Watch(queue),
        });
        _stale = stale!;
        _stale.Found = hit => plan.Findings.Report("I8", hit.ToString());
        Machine = new Machine(_machine.Devices, [.. _machine.Drivers.Select(driver => driver.Queue)]);
    }

    public override Machine Machine { get; }

    public override PhysicalMemory Memory => _machine.Memory;

    public override GuestIommu GuestIommu { get; } = new AmdGuestIommu();

    public override int StaleHits => _stale.Breaches.Count;

    public override UserAddressSpace CreateProcess() => _machine.CreateProcess();

    public override IDmaPort OpenPort(PhysicalDevice device, uint pasid = 0) =>
        new AmdPort(_machine.OpenPort(device, _stale.CreateWitness(device.Name)), pasid == 0 ? null : (int)pasid);
}
