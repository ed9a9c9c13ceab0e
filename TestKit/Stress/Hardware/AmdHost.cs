using Iommu.Hardware.Amd;
using Iommu.Hardware.Amd.Caches;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Faults;
using Iommu.Hardware.Memory;
using Iommu.TestKit.Checkers.Amd;
using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Stress.Hardware;

/// <summary>A host with an AMD IOMMU.</summary>
internal sealed class AmdHost : CheckedHost<Command, CacheEntry>
{
    private readonly AmdMachine _machine;

    public AmdHost(HostPlan plan) : base(plan, CommandSet.Amd)
    {
        _machine = AmdMachine.Create(new AmdMachineOptions
        {
            DevicesPerIommu = plan.Devices,
            DevicesWithAts = plan.DevicesWithAts,
            GuestsPerIommu = 2 * plan.Guests,
            DecorateDriver = plan.Decoration.Driver,
            DecorateQueue = (iommu, queue) =>
            {
                if (Faults.Atc is { } atc) queue.LosesIotlbInvalidation = atc.Loses;
                return Reporting(new StaleTranslation(iommu)).Watch(Faults.InHost(plan.Decoration.Queue(queue)));
            },
        });
        GuestIommu = new AmdGuestIommu(plan.HasQueues);
        Queues = plan.HasQueues ? new AmdQueues(Memory, Stale, Faults) : null;
        Machine = _machine.ToMachine();
    }

    public override Machine Machine { get; }

    public override PhysicalMemory Memory => _machine.Memory;

    public override GuestIommu GuestIommu { get; }

    public override GuestQueues? Queues { get; }

    public override UserAddressSpace CreateProcess() => _machine.CreateProcess();

    public override IDmaPort OpenPort(PhysicalDevice device, uint pasid = 0) =>
        new AmdPort(_machine.OpenPort(device, Stale.CreateWitness(device.Name)), pasid == 0 ? null : (int)pasid);
}
