using Iommu.Hardware.Faults;

namespace Iommu.TestKit.Stress.Hardware;

internal sealed class VtdHardware : StressHardware
{
    public override string Name => "vtd";

    public override bool HasQueues => true;

    public override bool CanPlant(FaultKind fault) => fault != FaultKind.RepeatTlbi;

    // Its driver submits once more what a device did not complete in time.
    public override bool Survives(FaultKind fault) => fault == FaultKind.AtcTimeout || base.Survives(fault);

    public override string Describe(ReadOnlySpan<ulong> command) => CommandSet.Vtd.Describe(command);

    public override HostHardware Build(HostPlan plan) => new VtdHost(plan);
}
