using Iommu.Hardware.Faults;

namespace Iommu.TestKit.Stress.Hardware;

internal sealed class Tegra241Hardware : StressHardware
{
    public override string Name => "tegra241";

    public override bool HasQueues => true;

    // A VINTF has 16 slots for stream ids, and the spare device needs one.
    public override int DevicesMax => 15;

    public override bool RunsCaptures => true;

    public override bool CanPlant(FaultKind fault) => true;

    public override string Describe(ReadOnlySpan<ulong> command) => CommandSet.Smmuv3.Describe(command);

    public override HostHardware Build(HostPlan plan) => new Tegra241Host(plan);
}
