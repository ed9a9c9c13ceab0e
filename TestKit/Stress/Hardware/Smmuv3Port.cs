using Iommu.Hardware;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Formats;

namespace Iommu.TestKit.Stress.Hardware;

/// <summary>A way into an SMMUv3.</summary>
internal sealed class Smmuv3Port(Port port) : IDmaPort
{
    public DmaOutcome Outcome => Said(Result);

    /// <summary>The last transaction in the SMMU's own words.</summary>
    public Translation Result { get; private set; }

    public DmaOutcome Translate(ulong iova, Access access) => Said(Result = port.Translate(iova, access));

    public void Begin(ulong iova, Access access) => port.Begin(iova, access);

    public bool Step()
    {
        if (!port.Step()) return false;
        Result = port.Result;
        return true;
    }

    private static DmaOutcome Said(Translation result) => result.Kind switch
    {
        TranslationKind.Ok => DmaOutcome.Translated(result.Address),
        TranslationKind.Bypass => DmaOutcome.Untranslated(result.Address),
        TranslationKind.Abort => DmaOutcome.Aborted,
        _ => result.Event switch
        {
            EventType.F_TRANSLATION => DmaOutcome.Unmapped,
            EventType.F_PERMISSION => DmaOutcome.Denied,
            _ => DmaOutcome.Faulted(Enum.GetName(result.Event) ?? Enum.GetName(result.Kind)!),
        },
    };
}
