using Iommu.Hardware;
using Iommu.Hardware.Memory;
using Iommu.Messages;
using RiscvIommu.Formats;

namespace RiscvIommu.Driver;

/// <summary>
/// The host's writer of one table of either stage, leaves of 2 MiB and 1 GiB included. One caller at a time; hardware walks it meanwhile.
/// A table that an unmap empties leaves the tree at once, but its frame is only given back by <see cref="FreeDetached"/>, after the caches
/// have been told.
/// </summary>
internal sealed class PageTable
{
    private const int LargestLeaf = 3;
    private const int WideTopOrder = 2;

    private readonly PhysicalMemory _memory;
    private readonly FrameAllocator _frames;
    private readonly DetachedTables _detached;
    private readonly Dictionary<ulong, int> _entriesInUse = [];
    private readonly int _levels;
    private readonly bool _isSecond;
    private readonly bool _tracksDirty;

    private PageTable(PhysicalMemory memory, FrameAllocator frames, bool isSecond, bool tracksDirty, ulong root)
    {
        (_memory, _frames, _isSecond, _tracksDirty, Root) = (memory, frames, isSecond, tracksDirty, root);
        (_levels, InputBits) = isSecond ? (3, 41) : (4, 47);
        _detached = new DetachedTables(frames);
        _entriesInUse[root] = 0;
    }

    /// <summary>Bits of an address that can be mapped: of the first stage's signed addresses the positive half.</summary>
    public int InputBits { get; }

    public ulong Root { get; }

    /// <summary>An empty Sv48, or Sv39x4 for a second stage; null when there are no frames for it.</summary>
    public static PageTable? Create(PhysicalMemory memory, FrameAllocator frames, bool isSecond, bool tracksDirty) =>
        frames.Allocate(isSecond ? WideTopOrder : 0) is { } root ? new PageTable(memory, frames, isSecond, tracksDirty, root) : null;

    /// <returns>EINVAL misaligned, length 0 or no access; ERANGE beyond the table; EEXIST over a mapping; ENOMEM.</returns>
    public Errno Map(ulong iova, ulong physical, ulong length, Access access)
    {
        if (((iova | physical | length) & 0xFFF) != 0 || length == 0 || access == Access.None) return Errno.EINVAL;
        if (iova + length < iova || iova + length > 1UL << InputBits) return Errno.ERANGE;
        while (length > 0)
        {
            var leaf = Pte.Leaf(physical, access, _tracksDirty);
            if (MapLeaf(iova, leaf, LargestLevel(iova, physical, length), out var size) is var errno and not Errno.None) return errno;
            (iova, physical, length) = (iova + size, physical + size, length - size);
        }
        return Errno.None;
    }

    /// <summary>Removes the leaves that lie wholly inside a range; returns the bytes they mapped.</summary>
    public ulong Unmap(ulong iova, ulong length)
    {
        var removed = 0UL;
        Visit(Root, _levels, 0, iova, length, (table, slot, pte, start, level) =>
        {
            var size = 1UL << Pte.ShiftOf(level);
            if (Pte.IsLeaf(pte) ? start < iova || start + (size - 1) > iova + (length - 1) : _entriesInUse[Pte.AddressOf(pte)] > 0) return;
            _memory.Write64(slot, 0);
            _entriesInUse[table]--;
            if (Pte.IsLeaf(pte)) removed += size;
            else if (_entriesInUse.Remove(Pte.AddressOf(pte))) _detached.Add(Pte.AddressOf(pte), start, start + (size - 1));
        });
        return removed;
    }

    public ulong? Lookup(ulong iova)
    {
        if (iova >> InputBits != 0) return null;
        var table = Root;
        for (var level = _levels; ; level--)
        {
            var pte = _memory.Read64(SlotOf(table, iova, level));
            if (pte == 0) return null;
            if (Pte.IsLeaf(pte)) return Pte.AddressOf(pte) | (iova & Bits.Mask(Pte.ShiftOf(level)));
            table = Pte.AddressOf(pte);
        }
    }

    /// <summary>Calls back for each leaf that touches a range and is dirty, in order.</summary>
    public void ReadDirty(ulong iova, ulong length, bool clear, Action<ulong, ulong> dirty) =>
        Visit(Root, _levels, 0, iova, length, (_, slot, pte, start, level) =>
        {
            if (!Pte.IsLeaf(pte) || (pte & Pte.Dirty) == 0) return;
            dirty(start, 1UL << Pte.ShiftOf(level));
            // Hardware sets bits in the same word meanwhile.
            while (clear && _memory.CompareExchange64(slot, pte & ~Pte.Dirty, pte) is var seen && seen != pte) pte = seen;
        });

    /// <summary>See <see cref="DetachedTables.Take"/>.</summary>
    public List<ulong> TakeDetached(ulong first, ulong last) => _detached.Take(first, last);

    public void FreeDetached(List<ulong> tables) => _detached.Free(tables);

    /// <summary>Gives every frame back, the root's too.</summary>
    public void FreeAll()
    {
        FreeDetached(TakeDetached(0, ulong.MaxValue));
        foreach (var table in _entriesInUse.Keys) _frames.Free(table, table == Root && _isSecond ? WideTopOrder : 0);
        _entriesInUse.Clear();
    }

    private ulong SlotOf(ulong table, ulong address, int level) => table + Pte.OffsetOf(address, level, _isSecond && level == _levels);

    private static int LargestLevel(ulong iova, ulong physical, ulong length)
    {
        var level = LargestLeaf;
        while (level > 1 && (length >> Pte.ShiftOf(level) == 0 || ((iova | physical) & Bits.Mask(Pte.ShiftOf(level))) != 0)) level--;
        return level;
    }

    private Errno MapLeaf(ulong iova, ulong leaf, int largestLevel, out ulong size)
    {
        size = 0;
        var table = Root;
        for (var level = _levels; ; level--)
        {
            var slot = SlotOf(table, iova, level);
            var pte = _memory.Read64(slot);
            if (pte == 0 && level <= largestLevel)
            {
                size = 1UL << Pte.ShiftOf(level);
                _memory.Write64(slot, leaf);
                _entriesInUse[table]++;
                return Errno.None;
            }
            if (Pte.IsLeaf(pte)) return Errno.EEXIST;
            if (pte == 0)
            {
                if (_frames.Allocate() is not { } fresh) return Errno.ENOMEM;
                _entriesInUse[fresh] = 0;
                _entriesInUse[table]++;
                _memory.Write64(slot, pte = Pte.Table(fresh));
            }
            table = Pte.AddressOf(pte);
        }
    }

    // Depth first, so that a table is visited when what is below it has been.
    private void Visit(ulong table, int level, ulong tableBase, ulong iova, ulong length, Action<ulong, ulong, ulong, ulong, int> visit)
    {
        if (length == 0 || iova >> InputBits != 0) return;
        var last = Math.Min(iova + (length - 1) is var sum && sum >= iova ? sum : ulong.MaxValue, Bits.Mask(InputBits));
        var size = 1UL << Pte.ShiftOf(level);
        var end = Math.Min(last, tableBase + (size << EntriesLog2(level)) - 1);
        for (var start = Math.Max(tableBase, iova & ~(size - 1)); start <= end; start += size)
        {
            var slot = SlotOf(table, start, level);
            var pte = _memory.Read64(slot);
            if (pte == 0) continue;
            if (!Pte.IsLeaf(pte)) Visit(Pte.AddressOf(pte), level - 1, start, iova, length, visit);
            visit(table, slot, pte, start, level);
        }
    }

    private int EntriesLog2(int level) => _isSecond && level == _levels ? 11 : 9;
}
