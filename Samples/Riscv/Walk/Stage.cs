using RiscvIommu.Caches;
using RiscvIommu.Formats;

namespace RiscvIommu.Walk;

/// <summary>One stage of translation.</summary>
/// <param name="IsSecond">Whether its addresses are a guest's physical ones.</param>
/// <param name="Gscid">The guest; null for the host's own.</param>
/// <param name="Pscid">The address space; 0 for a second stage.</param>
/// <param name="Root">Its top table: of a guest's first stage, for the guest.</param>
/// <param name="Levels">3 or 4.</param>
/// <param name="Updates">Whether hardware sets A and D.</param>
/// <param name="Below">What translates its tables' and its output's addresses; null when they are physical.</param>
internal sealed record Stage(bool IsSecond, int? Gscid, int Pscid, ulong Root, int Levels, bool Updates, Stage? Below)
{
    public TlbKind LeafKind => IsSecond ? TlbKind.SecondStage : TlbKind.FirstStage;

    public TlbKind TableKind => IsSecond ? TlbKind.SecondStageTable : TlbKind.FirstStageTable;

    public static Stage? Of(DeviceContext context)
    {
        var second = context.Gscid is { } gscid
            ? new Stage(true, gscid, 0, context.SecondRoot, 3, (context.Tc & DeviceContext.SecondUpdates) != 0, null) : null;
        if (context.FirstMode == DeviceContext.Bare) return second;
        return new Stage(false, context.Gscid, context.Pscid, context.FirstRoot, context.FirstMode == DeviceContext.Sv48 ? 4 : 3,
            (context.Tc & DeviceContext.FirstUpdates) != 0, second);
    }

    /// <summary>First-stage addresses are signed, those of a second stage are not and have two bits more.</summary>
    public bool Reaches(ulong address)
    {
        var bits = 12 + 9 * Levels;
        return IsSecond ? address >> (bits + 2) == 0 : (long)address >> (bits - 1) is 0 or -1;
    }
}
