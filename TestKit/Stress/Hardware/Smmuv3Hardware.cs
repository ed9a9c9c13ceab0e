using Iommu.Hardware.Faults;

namespace Iommu.TestKit.Stress.Hardware;

internal sealed class Smmuv3Hardware : StressHardware
{
    public override string Name => "smmuv3";

    public override bool RunsCaptures => true;

    public override bool CanPlant(FaultKind fault) => true;

    public override string Describe(ReadOnlySpan<ulong> command) => CommandSet.Smmuv3.Describe(command);

    public override HostHardware Build(HostPlan plan) => new Smmuv3Host(plan);
}
