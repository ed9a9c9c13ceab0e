using Iommu.Hardware;
using Iommu.TestKit.Stress.Hardware;
using RiscvIommu;
using RiscvIommu.Formats;

namespace RiscvStress;

/// <summary>A way into a RISC-V IOMMU. Its page faults do not tell what is unmapped from what is denied.</summary>
internal sealed class RiscvPort(Port port) : IDmaPort
{
    public DmaOutcome Outcome => Said(port.Result);

    public DmaOutcome Translate(ulong iova, Access access) => Said(port.Translate(iova, access));

    public void Begin(ulong iova, Access access) => port.Begin(iova, access);

    public bool Step() => port.Step();

    private static DmaOutcome Said(Translation result) => result.Cause switch
    {
        FaultCause.None => DmaOutcome.Translated(result.Address),
        FaultCause.ReadPage or FaultCause.WritePage or FaultCause.ReadGuestPage or FaultCause.WriteGuestPage => DmaOutcome.Unmapped,
        var other => DmaOutcome.Faulted(other.ToString()),
    };
}
