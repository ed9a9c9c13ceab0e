using Iommu.Hardware;
using Iommu.Hardware.Vtd;
using Iommu.Hardware.Vtd.Formats;

namespace Iommu.TestKit.Stress.Hardware;

/// <summary>A way into a VT-d unit.</summary>
internal sealed class VtdPort(Port port) : IDmaPort
{
    public DmaOutcome Outcome => Said(port.Result);

    public DmaOutcome Translate(ulong iova, Access access) => Said(port.Translate(iova, access));

    public void Begin(ulong iova, Access access) => port.Begin(iova, access);

    public bool Step() => port.Step();

    private static DmaOutcome Said(Translation result) => result.Kind switch
    {
        TranslationKind.Ok => DmaOutcome.Translated(result.Address),
        TranslationKind.PassThrough => DmaOutcome.Untranslated(result.Address),
        TranslationKind.Interrupt => DmaOutcome.Faulted(nameof(TranslationKind.Interrupt)),
        _ => result.Reason switch
        {
            FaultReason.FirstStageNotPresent or FaultReason.SecondStageNotPresent => DmaOutcome.Unmapped,
            FaultReason.UserDenied or FaultReason.WriteDenied or FaultReason.ReadDenied => DmaOutcome.Denied,
            _ => DmaOutcome.Faulted(Enum.GetName(result.Reason)!),
        },
    };
}
