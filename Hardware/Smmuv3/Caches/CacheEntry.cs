namespace Iommu.Hardware.Smmuv3.Caches;

/// <summary>
/// A cached translation or table pointer; immutable, so that it is replaced whole. An invalidation by address takes
/// every entry of the stage-1 leaf it hits, even where stage 2 broke that leaf into smaller pieces.
/// </summary>
public sealed class CacheEntry
{
    internal const int FragmentsLog2 = 6;

    internal TranslationTag? Tag { get; init; }

    public CacheKind Kind { get; init; }

    /// <summary>Stream id of the device, for an ATC.</summary>
    public uint StreamId { get; init; }

    /// <summary>The substream (PASID) that an entry of an ATC is of; -1 for none.</summary>
    public int Substream { get; init; } = -1;

    /// <summary>First address that the entry translates.</summary>
    public ulong Base { get; init; }

    public int SizeLog2 { get; init; }

    /// <summary>The leaf of stage 1 (of stage 2 where there is no stage 1) that the entry is a part of; what a table maps.</summary>
    public ulong LeafBase { get; init; }

    public int LeafLog2 { get; init; }

    /// <summary>Log2 of the granule of the tables it came from.</summary>
    public int GranuleLog2 { get; init; }

    /// <summary>What <see cref="Base"/> becomes, or where the table is.</summary>
    public ulong Output { get; init; }

    public Access Granted { get; init; }

    /// <summary>For a table: the level of its entries.</summary>
    public int Level { get; init; }

    /// <summary>For a table: permissions that the levels above took away.</summary>
    internal TablePermissions Inherited { get; init; }

    /// <summary>The invalidation clock when the walk that found it began.</summary>
    public long Sequence { get; init; }

    /// <summary>Where stage 2 broke the leaf up: its pieces, by address. The entry itself then translates nothing.</summary>
    internal CacheEntry?[]? Fragments { get; init; }

    public int Vmid => Tag?.Vmid.Id ?? 0;

    /// <summary>The ASID; -1 for a global entry and where there is no stage 1.</summary>
    public int Asid => Tag is { Id: < TranslationTag.GlobalId } tag ? tag.Id : -1;

    public bool IsGlobal => Tag is { Id: TranslationTag.GlobalId };

    public ulong Translate(ulong address) => Output + (address - Base);

    public override string ToString() => Kind == CacheKind.Atc
        ? $"ATC sid=0x{StreamId:x}{(Substream < 0 ? "" : $" ssid={Substream}")} {Text}"
        : $"{Kind} vmid={Vmid} asid={(IsGlobal ? "global" : Asid < 0 ? "none" : Asid)} {Text}";

    private string Text => $"0x{Base:x}+2^{SizeLog2} -> 0x{Output:x} walked at {Sequence}";

    internal static int FragmentIndex(ulong address) => (int)(address >> 12) & ((1 << FragmentsLog2) - 1);
}
