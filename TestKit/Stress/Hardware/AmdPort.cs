using Iommu.Hardware;
using Iommu.Hardware.Amd;
using Iommu.Hardware.Amd.Formats;

namespace Iommu.TestKit.Stress.Hardware;

/// <summary>A way into an AMD IOMMU.</summary>
internal sealed class AmdPort(Port port, int? pasid) : IDmaPort
{
    public DmaOutcome Outcome => Said(port.Result);

    public DmaOutcome Translate(ulong iova, Access access) => Said(port.Translate(iova, access, pasid));

    public void Begin(ulong iova, Access access) => port.Begin(iova, access, pasid);

    public bool Step() => port.Step();

    private DmaOutcome Said(Translation result) => result.Kind switch
    {
        TranslationKind.Ok => DmaOutcome.Translated(result.Address),
        TranslationKind.Bypass => DmaOutcome.Untranslated(result.Address),
        TranslationKind.Abort => DmaOutcome.Aborted,
        _ when result.Event != EventType.IO_PAGE_FAULT => DmaOutcome.Faulted(Enum.GetName(result.Event)!),
        _ => port.LastEvent!.Value.Flags.HasFlag(EventFlags.Present) ? DmaOutcome.Denied : DmaOutcome.Unmapped,
    };
}
