using Iommu.TestKit.Stress;
using Iommu.TestKit.Stress.Hardware;

namespace RiscvStress;

/// <summary>What <c>stress --hardware RiscvStress.dll</c> finds in this assembly.</summary>
public sealed class RiscvHardware : StressHardware
{
    public override string Name => "riscv";

    public override bool HasAts => false;

    public override bool CanPlant(FaultKind fault) => fault is not (FaultKind.AtcTimeout or FaultKind.RepeatTlbi);

    public override string Describe(ReadOnlySpan<ulong> command) => new RiscvCommandSet().Describe(command);

    public override HostHardware Build(HostPlan plan) => new RiscvHost(plan);
}
