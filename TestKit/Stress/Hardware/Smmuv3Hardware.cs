namespace Iommu.TestKit.Stress.Hardware;

internal sealed class Smmuv3Hardware : StressHardware
{
    public override string Name => "smmuv3";

    public override bool RunsCaptures => true;

    public override bool CanPlant(FaultKind fault) => true;

    public override HostHardware Build(HostPlan plan) => new Smmuv3Host(plan);
}
