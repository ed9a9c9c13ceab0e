using Iommu.Hardware.Memory;
using Iommu.Messages;
using static Iommu.Hardware.Vtd.Driver.TableFormat;

namespace Iommu.Hardware.Vtd.Driver;

/// <summary>
/// The host's writer of one translation table of either stage, leaves of 2 MiB and 1 GiB included. One caller at a time; hardware walks
/// it meanwhile. A table that an unmap empties leaves the tree at once, but its frame is only given back by <see cref="FreeDetached"/>,
/// after the caches have been told.
/// </summary>
internal sealed class VtdPageTable
{
    private readonly PhysicalMemory _memory;
    private readonly FrameAllocator _frames;
    private readonly TableFormat _format;
    private readonly int _largestLeaf;
    private readonly Dictionary<ulong, int> _entriesInUse = [];
    private readonly DetachedTables _detached;

    private VtdPageTable(
        PhysicalMemory memory, FrameAllocator frames, TableFormat format, int levels, int inputBits, int largestLeaf, ulong root)
    {
        (_memory, _frames, _format, Levels, InputBits, _largestLeaf, Root) = (memory, frames, format, levels, inputBits, largestLeaf, root);
        _detached = new DetachedTables(frames);
        _entriesInUse[root] = 0;
    }

    public int Levels { get; }

    /// <summary>Bits of an address that may be mapped.</summary>
    public int InputBits { get; }

    public ulong Root { get; }

    /// <summary>An empty table, or null when there is no frame for it.</summary>
    public static VtdPageTable? Create(
        PhysicalMemory memory, FrameAllocator frames, TableFormat format, int levels, int inputBits, int largestLeaf) =>
        frames.Allocate() is { } root ? new VtdPageTable(memory, frames, format, levels, inputBits, largestLeaf, root) : null;

    /// <returns>EINVAL for misalignment or length 0; ERANGE beyond the table; EEXIST over a mapping; ENOMEM.</returns>
    public Errno Map(ulong iova, ulong physical, ulong length, Access access)
    {
        if (((iova | physical | length) & 0xFFF) != 0 || length == 0 || access == Access.None) return Errno.EINVAL;
        if (iova + length < iova || iova + length > 1UL << InputBits) return Errno.ERANGE;
        while (length > 0)
        {
            var level = LargestLevel(iova, physical, length);
            if (MapLeaf(iova, physical, level, access, out var size) is var errno and not Errno.None) return errno;
            iova += size;
            physical += size;
            length -= size;
        }
        return Errno.None;
    }

    /// <summary>Removes the leaves that lie wholly inside a range; returns the bytes they mapped.</summary>
    public ulong Unmap(ulong iova, ulong length)
    {
        var limit = 1UL << InputBits;
        if (length == 0 || iova >= limit) return 0;
        var last = Math.Min(iova + (length - 1), limit - 1);
        if (last < iova) last = limit - 1;
        return UnmapTable(Root, Levels, 0, iova, last);
    }

    public ulong? Lookup(ulong iova)
    {
        if (iova >> InputBits != 0) return null;
        var table = Root;
        for (var level = Levels; ; level--)
        {
            var entry = _memory.Read64(table + OffsetOf(iova, level));
            if (entry == 0) return null;
            if (!IsTable(entry, level)) return (entry & AddressMask) | (iova & Bits.Mask(ShiftOf(level)));
            table = entry & AddressMask;
        }
    }

    /// <summary>Calls back for each leaf that touches a range and is dirty, in order.</summary>
    public void ReadDirty(ulong iova, ulong length, bool clear, Action<ulong, ulong> dirty)
    {
        if (length == 0 || iova >> InputBits != 0) return;
        var last = Math.Min(iova + (length - 1), Bits.Mask(InputBits));
        ReadDirty(Root, Levels, 0, iova, last, clear, dirty);
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

    private static int ShiftOf(int level) => 12 + 9 * (level - 1);

    private static ulong OffsetOf(ulong address, int level) => ((address >> ShiftOf(level)) & 0x1FF) << 3;

    private int LargestLevel(ulong iova, ulong physical, ulong length)
    {
        for (var level = _largestLeaf; level > 1; level--)
        {
            var size = 1UL << ShiftOf(level);
            if (length >= size && ((iova | physical) & (size - 1)) == 0) return level;
        }
        return 1;
    }

    private Errno MapLeaf(ulong iova, ulong physical, int wantedLevel, Access access, out ulong size)
    {
        size = 0;
        var table = Root;
        for (var level = Levels; ; level--)
        {
            var slot = table + OffsetOf(iova, level);
            var entry = _memory.Read64(slot);
            if (level <= wantedLevel && entry == 0)
            {
                size = 1UL << ShiftOf(level);
                _memory.Write64(slot, _format.Leaf(physical, level, access));
                _entriesInUse[table]++;
                return Errno.None;
            }
            if (entry != 0 && !IsTable(entry, level)) return Errno.EEXIST;
            if (entry == 0)
            {
                if (_frames.Allocate() is not { } fresh) return Errno.ENOMEM;
                _entriesInUse[fresh] = 0;
                _entriesInUse[table]++;
                _memory.Write64(slot, entry = _format.Table(fresh));
            }
            table = entry & AddressMask;
        }
    }

    private ulong UnmapTable(ulong table, int level, ulong tableBase, ulong first, ulong last)
    {
        var size = 1UL << ShiftOf(level);
        var removed = 0UL;
        var index = first <= tableBase ? 0 : (first - tableBase) >> ShiftOf(level);
        for (var start = tableBase + index * size; start <= last && index < 512; index++, start += size)
        {
            var entry = _memory.Read64(table + (index << 3));
            if (entry == 0) continue;
            if (IsTable(entry, level)) removed += UnmapChild(table, index, entry & AddressMask, level, start, first, last);
            else if (start >= first && start + (size - 1) <= last)
            {
                _memory.Write64(table + (index << 3), 0);
                _entriesInUse[table]--;
                removed += size;
            }
        }
        return removed;
    }

    private ulong UnmapChild(ulong table, ulong index, ulong child, int level, ulong start, ulong first, ulong last)
    {
        var removed = UnmapTable(child, level - 1, start, first, last);
        if (_entriesInUse[child] != 0) return removed;
        _memory.Write64(table + (index << 3), 0);
        _entriesInUse[table]--;
        _entriesInUse.Remove(child);
        _detached.Add(child, start, start + Bits.Mask(ShiftOf(level)));
        return removed;
    }

    private void ReadDirty(ulong table, int level, ulong tableBase, ulong first, ulong last, bool clear, Action<ulong, ulong> dirty)
    {
        var size = 1UL << ShiftOf(level);
        var index = first <= tableBase ? 0 : (first - tableBase) >> ShiftOf(level);
        for (var start = tableBase + index * size; start <= last && index < 512; index++, start += size)
        {
            var slot = table + (index << 3);
            var entry = _memory.Read64(slot);
            if (entry == 0) continue;
            if (IsTable(entry, level)) ReadDirty(entry & AddressMask, level - 1, start, first, last, clear, dirty);
            else if ((entry & _format.DirtyBit) != 0)
            {
                dirty(start, size);
                if (clear) Clear(slot, entry);
            }
        }
    }

    // Hardware sets bits in the same word meanwhile.
    private void Clear(ulong slot, ulong entry)
    {
        while (_memory.CompareExchange64(slot, entry & ~_format.DirtyBit, entry) is var seen && seen != entry) entry = seen;
    }
}
