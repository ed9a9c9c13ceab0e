namespace Iommu.TestKit.Stress.Hardware;

internal sealed class AmdHardware : StressHardware
{
    public override string Name => "amd";

    public override bool HasQueues => true;

    public override HostHardware Build(HostPlan plan) => new AmdHost(plan);
}
