namespace Iommu.Hardware.Smmuv3.Caches;

/// <summary>What a command covers (IHI 0070, 4.3 to 4.5).</summary>
internal static class InvalidationScope
{
    /// <summary>First and last address of a TLBI by address; one address without a range.</summary>
    public static (ulong First, ulong Last) RangeOf(Command command)
    {
        var granule = command.TgLog2;
        if (granule == 0) return (command.Address, command.Address | 0xFFF);
        var first = command.Address & ~Bits.Mask(granule);
        var granules = ((ulong)command.Num + 1) << command.Scale;
        var last = first + ((granules << granule) - 1);
        return (first, last < first ? ulong.MaxValue : last);
    }

    /// <summary>Sizes of leaves that a TLBI by address must remove, a bit per log2: of its granule, and level if it has one.</summary>
    public static ulong LeafSizesOf(Command command)
    {
        var granule = command.TgLog2;
        if (granule == 0) return ulong.MaxValue;
        if (command.Ttl != 0) return 1UL << SizeOf(granule, command.Ttl);
        return (1UL << SizeOf(granule, 3)) | (1UL << SizeOf(granule, 2)) | (1UL << SizeOf(granule, 1));
    }

    /// <summary>Sizes of what intermediate tables map, of the command's granule at every level.</summary>
    public static ulong TableSizesOf(Command command)
    {
        var granule = command.TgLog2;
        if (granule == 0) return ulong.MaxValue;
        return (1UL << SizeOf(granule, 2)) | (1UL << SizeOf(granule, 1)) | (SizeOf(granule, 0) < 64 ? 1UL << SizeOf(granule, 0) : 0);
    }

    public static bool Covers(Command command, CacheEntry entry) => command.Opcode switch
    {
        Opcode.TlbiNsnhAll => entry.Kind != CacheKind.Atc,
        Opcode.TlbiNhAll => IsStage1(entry) && entry.Vmid == command.Vmid,
        Opcode.TlbiNhAsid => IsStage1(entry) && entry.Vmid == command.Vmid && entry.Asid == command.Asid,
        Opcode.TlbiNhVa => IsStage1(entry) && entry.Vmid == command.Vmid
            && (entry.IsGlobal || entry.Asid == command.Asid) && CoversAddress(command, entry),
        Opcode.TlbiNhVaa => IsStage1(entry) && entry.Vmid == command.Vmid && CoversAddress(command, entry),
        Opcode.TlbiS12Vmall => entry.Kind != CacheKind.Atc && entry.Vmid == command.Vmid,
        Opcode.TlbiS2Ipa => IsStage2(entry) && entry.Vmid == command.Vmid && CoversAddress(command, entry),
        Opcode.AtcInv => entry.Kind == CacheKind.Atc && entry.StreamId == command.StreamId && CoversAtc(command, entry),
        _ => false,
    };

    public static bool CoversStream(Command command, uint sid) => command.Opcode switch
    {
        Opcode.CfgiSte or Opcode.CfgiCd or Opcode.CfgiCdAll => command.StreamId == sid,
        Opcode.CfgiSteRange => IsInRange(command, sid),
        _ => false,
    };

    /// <summary>CFGI_STE_RANGE covers an aligned power of two of stream ids; the largest, all of them.</summary>
    public static bool IsInRange(Command command, uint sid) => command.Range == 31 || (command.StreamId ^ sid) >> (command.Range + 1) == 0;

    /// <summary>First and last address of an ATC_INV.</summary>
    public static (ulong First, ulong Last) AtcRangeOf(Command command)
    {
        if (command.AtcSize >= Command.AtcSizeAll) return (0, ulong.MaxValue);
        var mask = Bits.Mask(command.AtcSize + 12);
        return (command.Address & ~mask, command.Address | mask);
    }

    /// <summary>
    /// Whether an ATC_INV covers an entry of its stream's ATC: without a substream all of the addresses, with one the substream's own,
    /// when global those of every substream.
    /// </summary>
    public static bool CoversAtc(Command command, CacheEntry entry)
    {
        if (command.HasSubstream && (command.IsGlobal ? entry.Substream < 0 : entry.Substream != (int)command.Substream)) return false;
        var (first, last) = AtcRangeOf(command);
        return entry.Base <= last && entry.Base + Bits.Mask(entry.SizeLog2) >= first;
    }

    private static bool CoversAddress(Command command, CacheEntry entry)
    {
        var isTable = entry.Kind is CacheKind.Stage1Table or CacheKind.Stage2Table;
        if (isTable && command.Leaf) return false;
        var sizes = isTable ? TableSizesOf(command) : LeafSizesOf(command);
        if (((sizes >> entry.LeafLog2) & 1) == 0) return false;
        var (first, last) = RangeOf(command);
        return entry.LeafBase <= last && entry.LeafBase + Bits.Mask(entry.LeafLog2) >= first;
    }

    private static bool IsStage1(CacheEntry entry) => entry.Kind is CacheKind.Combined or CacheKind.Stage1Table;

    private static bool IsStage2(CacheEntry entry) => entry.Kind is CacheKind.Stage2 or CacheKind.Stage2Table;

    private static int SizeOf(int granule, int level) => granule + (3 - level) * (granule - 3);
}
