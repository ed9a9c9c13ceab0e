using Iommu.Hardware.Drivers;
using Iommu.Hardware.Faults;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Vtd;
using Iommu.Hardware.Vtd.Caches;
using Iommu.TestKit.Checkers.Vtd;
using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Stress.Hardware;

/// <summary>A host with a VT-d unit.</summary>
internal sealed class VtdHost : CheckedHost<Descriptor, TranslationEntry>
{
    private readonly VtdMachine _machine;

    public VtdHost(HostPlan plan) : base(plan, CommandSet.Vtd)
    {
        _machine = VtdMachine.Create(new VtdMachineOptions
        {
            DevicesPerUnit = plan.Devices,
            DevicesWithAts = plan.DevicesWithAts,
            GuestsPerUnit = 2 * plan.Guests,
            DecorateDriver = plan.Decoration.Driver,
            DecorateQueue = (unit, queue) =>
            {
                if (Faults.Atc is { } atc) queue.LosesDeviceInvalidation = atc.Loses;
                return Reporting(new StaleTranslation(unit)).Watch(Faults.InHost(plan.Decoration.Queue(queue)));
            },
        });
        Machine = _machine.ToMachine();
        GuestIommu = new VtdGuestIommu(plan.HasQueues);
        Queues = plan.HasQueues ? new VtdQueues(Memory, Stale, Faults, _machine.Units[0].Registers.MaxAddressMask) : null;
    }

    public override Machine Machine { get; }

    public override PhysicalMemory Memory => _machine.Memory;

    public override GuestIommu GuestIommu { get; }

    public override GuestQueues? Queues { get; }

    public override UserAddressSpace CreateProcess() => _machine.CreateProcess();

    public override IDmaPort OpenPort(PhysicalDevice device, uint pasid = 0) =>
        new VtdPort(_machine.OpenPort(device, pasid == 0 ? null : pasid, Stale.CreateWitness(device.Name)));
}
