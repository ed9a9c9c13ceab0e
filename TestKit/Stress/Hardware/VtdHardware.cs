namespace Iommu.TestKit.Stress.Hardware;

internal sealed class VtdHardware : StressHardware
{
    public override string Name => "vtd";

    public override bool HasQueues => true;

    public override bool CanPlant(FaultKind fault) => fault != FaultKind.RepeatTlbi;

    // Its driver submits once more what a device did not complete in time.
    public override bool Survives(FaultKind fault) => fault == FaultKind.AtcTimeout || base.Survives(fault);

    public override HostHardware Build(HostPlan plan) => new VtdHost(plan);
}
