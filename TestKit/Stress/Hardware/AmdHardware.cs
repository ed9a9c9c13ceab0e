using Iommu.Hardware.Faults;

namespace Iommu.TestKit.Stress.Hardware;

internal sealed class AmdHardware : StressHardware
{
    public override string Name => "amd";

    public override bool HasQueues => true;

    public override bool CanPlant(FaultKind fault) => fault != FaultKind.RepeatTlbi;

    public override string Describe(ReadOnlySpan<ulong> command) => CommandSet.Amd.Describe(command);

    public override HostHardware Build(HostPlan plan) => new AmdHost(plan);
}
