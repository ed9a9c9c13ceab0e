namespace Iommu.TestKit.Stress.Hardware;

internal sealed class VtdHardware : StressHardware
{
    public override string Name => "vtd";

    public override bool HasQueues => true;

    public override HostHardware Build(HostPlan plan) => new VtdHost(plan);
}
