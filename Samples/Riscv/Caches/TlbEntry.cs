using Iommu.Hardware;

namespace RiscvIommu.Caches;

/// <summary>A cached translation or a pointer to a table; immutable, so that it is replaced whole.</summary>
/// <param name="Kind">What it stands for.</param>
/// <param name="Gscid">The guest; null for an address space of the host.</param>
/// <param name="Pscid">The address space; 0 for a second stage, which has none.</param>
/// <param name="Base">First address that it translates.</param>
/// <param name="SizeLog2">Of the addresses that it translates.</param>
/// <param name="Output">What <paramref name="Base"/> becomes, or where the table is: of a guest's first stage, for the guest.</param>
/// <param name="Granted">What a leaf allows, of both stages together.</param>
/// <param name="IsDirty">D is set wherever a write must set it: none has to walk for that.</param>
/// <param name="Sequence">The invalidation clock when the walk that found it began.</param>
public sealed record TlbEntry(
    TlbKind Kind, int? Gscid, int Pscid, ulong Base, int SizeLog2, ulong Output, Access Granted, bool IsDirty, long Sequence)
{
    public ulong Last => Base + Bits.Mask(SizeLog2);

    public bool IsTable => Kind is TlbKind.FirstStageTable or TlbKind.SecondStageTable;

    public bool IsFirstStage => Kind is TlbKind.FirstStage or TlbKind.FirstStageTable;

    public ulong Translate(ulong address) => Output + (address - Base);

    /// <summary>Whether an access can go by it without a walk.</summary>
    public bool Serves(Access needed) => (Granted & needed) == needed && (IsDirty || !needed.HasFlag(Access.Write));
}

/// <summary>What a cached entry stands for.</summary>
public enum TlbKind : byte
{
    /// <summary>A first stage alone, or both stages in one.</summary>
    FirstStage,
    FirstStageTable,
    SecondStage,
    SecondStageTable,
}
