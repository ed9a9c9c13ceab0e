using System.Numerics;
using Iommu.Hardware.Amd.Formats;
using Iommu.Hardware.Memory;
using Iommu.Messages;
using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Amd.Driver;

/// <summary>
/// The host's writer of one v1 page table of four levels. A page of any power of two from 4 KiB to 256 GiB is one leaf: between the sizes
/// of two levels it is written to each entry that it spans. One caller at a time; the IOMMU walks it meanwhile. A table that an unmap
/// empties leaves the tree at once, but its frame is only given back by <see cref="FreeDetached"/>, after the caches have been told.
/// </summary>
internal sealed partial class PageTable
{
    public const int Levels = 4;
    public const int InputBits = 48;
    public const int LeafLog2Max = 38;

    private const ulong PageMask = PhysicalMemory.PageBytes - 1;

    private readonly PhysicalMemory _memory;
    private readonly FrameAllocator _frames;
    private readonly Dictionary<ulong, int> _entriesInUse = [];
    private readonly DetachedTables _detached;

    private PageTable(PhysicalMemory memory, FrameAllocator frames, ulong root)
    {
        (_memory, _frames, Root) = (memory, frames, root);
        _detached = new DetachedTables(frames);
        _entriesInUse[root] = 0;
    }

    public ulong Root { get; }

    /// <summary>An empty table, or null when there is no frame for it.</summary>
    public static PageTable? Create(PhysicalMemory memory, FrameAllocator frames) =>
        frames.Allocate() is { } root ? new PageTable(memory, frames, root) : null;

    /// <returns>EINVAL for misalignment or length 0; ERANGE beyond the table; EEXIST over a mapping; ENOMEM.</returns>
    public Errno Map(ulong iova, ulong physical, ulong length, Access access)
    {
        if (((iova | physical | length) & PageMask) != 0 || length == 0 || access == Access.None) return Errno.EINVAL;
        if (iova + length < iova || iova + length > 1UL << InputBits) return Errno.ERANGE;
        while (length > 0)
        {
            if (MapLeaf(iova, physical, length, access, out var size) is var errno and not Errno.None) return errno;
            iova += size;
            physical += size;
            length -= size;
        }
        return Errno.None;
    }

    /// <summary>Removes the leaves that lie wholly inside a range; returns the bytes they mapped.</summary>
    public ulong Unmap(ulong iova, ulong length) =>
        LastOf(iova, length) is { } last ? UnmapTable(Root, Levels, 0, iova, last) : 0;

    /// <summary>The leaf that maps an address, and where it leads; null where nothing is mapped.</summary>
    public (ulong Physical, Access Granted)? Find(ulong iova)
    {
        if (iova >> InputBits != 0) return null;
        var table = Root;
        for (var level = Levels; ;)
        {
            var pte = new HostPte(_memory.Read64(table + HostPte.OffsetOf(iova, level)));
            if (!pte.IsPresent) return null;
            if (pte.IsLeaf)
            {
                var offset = Mask(pte.SizeLog2(level));
                return ((pte.Table & ~offset) | (iova & offset), pte.Granted);
            }
            (table, level) = (pte.Table, pte.NextLevel);
        }
    }

    /// <summary>See <see cref="DetachedTables.Take"/>.</summary>
    public List<ulong> TakeDetached(ulong first, ulong last) => _detached.Take(first, last);

    /// <summary>Gives their frames back.</summary>
    public void FreeDetached(List<ulong> tables) => _detached.Free(tables);

    /// <summary>Gives every frame back, the root's too.</summary>
    public void FreeAll()
    {
        FreeDetached(TakeDetached(0, ulong.MaxValue));
        foreach (var table in _entriesInUse.Keys) _frames.Free(table);
        _entriesInUse.Clear();
    }

    private static ulong? LastOf(ulong iova, ulong length)
    {
        if (length == 0 || iova >> InputBits != 0) return null;
        return length - 1 > Mask(InputBits) - iova ? Mask(InputBits) : iova + (length - 1);
    }

    private static int LargestLog2(ulong iova, ulong physical, ulong length)
    {
        var aligned = (iova | physical) == 0 ? LeafLog2Max : BitOperations.TrailingZeroCount(iova | physical);
        return Math.Min(Math.Min(aligned, BitOperations.Log2(length)), LeafLog2Max);
    }

    // Level 1 holds 4 KiB to 1 MiB, level 2 to 512 MiB, level 3 to 256 GiB.
    private static int LevelOf(int sizeLog2) => (sizeLog2 - 12) / 9 + 1;

    private Errno MapLeaf(ulong iova, ulong physical, ulong length, Access access, out ulong size)
    {
        var log2 = LargestLog2(iova, physical, length);
        size = 0;
        var table = Root;
        for (var level = Levels; ; level--)
        {
            var slot = table + HostPte.OffsetOf(iova, level);
            var pte = new HostPte(_memory.Read64(slot));
            if (pte.IsPresent && (pte.IsLeaf || level == 1)) return Errno.EEXIST;
            // A table where the leaf would go may be there from smaller pages: then those below are filled.
            if (pte.IsPresent && level == LevelOf(log2)) log2 = HostPte.ShiftOf(level) - 1;
            else if (level == LevelOf(log2)) return WriteLeaf(table, slot, level, physical, access, ref log2, out size);
            if (!pte.IsPresent)
            {
                if (_frames.Allocate() is not { } fresh) return Errno.ENOMEM;
                _entriesInUse[fresh] = 0;
                _entriesInUse[table]++;
                pte = new HostPte(HostPte.Pointer(fresh, level - 1));
                _memory.Write64(slot, pte.Value);
            }
            table = pte.Table;
        }
    }

    // All entries of a leaf must be free; a smaller leaf is taken where one is not.
    private Errno WriteLeaf(ulong table, ulong slot, int level, ulong physical, Access access, ref int log2, out ulong size)
    {
        while (log2 > HostPte.ShiftOf(level) && !IsFree(slot, 1 << (log2 - HostPte.ShiftOf(level)))) log2--;
        var count = 1 << (log2 - HostPte.ShiftOf(level));
        var leaf = HostPte.Leaf(physical, level, log2, access);
        for (var i = 0; i < count; i++) _memory.Write64(slot + (ulong)i * 8, leaf);
        _entriesInUse[table] += count;
        size = 1UL << log2;
        return Errno.None;
    }

    private bool IsFree(ulong slot, int count)
    {
        for (var i = 0; i < count; i++)
            if (_memory.Read64(slot + (ulong)i * 8) != 0) return false;
        return true;
    }

    private ulong UnmapTable(ulong table, int level, ulong tableBase, ulong first, ulong last)
    {
        var shift = HostPte.ShiftOf(level);
        var removed = 0UL;
        var index = first <= tableBase ? 0 : (first - tableBase) >> shift;
        for (var start = tableBase + (index << shift); start <= last && index < 512; index++, start += 1UL << shift)
        {
            var slot = table + (index << 3);
            var pte = new HostPte(_memory.Read64(slot));
            if (!pte.IsPresent) continue;
            if (!pte.IsLeaf)
            {
                removed += UnmapChild(table, slot, pte.Table, level, start, first, last);
                continue;
            }
            var size = Mask(pte.SizeLog2(level));
            if ((start & ~size) < first || (start | size) > last) continue;
            _memory.Write64(slot, 0);
            _entriesInUse[table]--;
            removed += 1UL << shift;
        }
        return removed;
    }

    private ulong UnmapChild(ulong table, ulong slot, ulong child, int level, ulong start, ulong first, ulong last)
    {
        var removed = UnmapTable(child, level - 1, start, first, last);
        if (_entriesInUse[child] != 0) return removed;
        _memory.Write64(slot, 0);
        _entriesInUse[table]--;
        _entriesInUse.Remove(child);
        _detached.Add(child, start, start + Mask(HostPte.ShiftOf(level)));
        return removed;
    }
}
