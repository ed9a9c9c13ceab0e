using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.TestKit.Checkers;
using Iommu.TestKit.Guests;
using Iommu.TestKit.Stress.Hardware;
using RiscvIommu;
using RiscvIommu.Caches;

namespace RiscvStress;

/// <summary>A host with one RISC-V IOMMU, whose cache hits are held against the invalidations reported done (I8).</summary>
internal sealed class RiscvHost : HostHardware
{
    private readonly RiscvMachine _machine;
    private readonly StaleTranslation<Command, TlbEntry> _stale;

    public RiscvHost(HostPlan plan)
    {
        StaleTranslation<Command, TlbEntry>? stale = null;
        var faults = new FaultPlanter(plan.Fault, new RiscvCommandSet());
        _machine = RiscvMachine.Create(new RiscvMachineOptions
        {
            Devices = plan.Devices,
            DecorateDriver = plan.Decoration.Driver,
            DecorateQueue = (unit, queue) =>
                (stale = new StaleTranslation<Command, TlbEntry>(new RiscvInvalidationRules(), unit.Tick)).Watch(
                    faults.InHost(plan.Decoration.Queue(queue))),
        });
        _stale = stale!;
        _stale.Found = hit => plan.Findings.Report("I8", hit.ToString(), faults.Details);
    }

    public override Machine Machine => _machine.Machine;

    public override PhysicalMemory Memory => _machine.Memory;

    public override GuestIommu GuestIommu { get; } = new RiscvGuestIommu();

    public override int StaleHits => _stale.Breaches.Count;

    public override UserAddressSpace CreateProcess() => _machine.CreateProcess();

    public override IDmaPort OpenPort(PhysicalDevice device, uint pasid = 0) =>
        new RiscvPort(_machine.OpenPort(device, _stale.CreateWitness(device.Name)));
}
