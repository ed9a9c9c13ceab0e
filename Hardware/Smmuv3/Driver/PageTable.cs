using Iommu.Hardware.Memory;
using Iommu.Messages;
using static Iommu.Hardware.Smmuv3.Driver.DescriptorFormat;

namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>
/// The host's writer of one translation table of 4 KiB granule, blocks of 2 MiB and 1 GiB included. One caller at a time;
/// the SMMU walks it meanwhile. A table that an unmap empties leaves the tree at once, but its frame is only given back
/// by <see cref="FreeDetached"/>, after the walk caches have been told.
/// </summary>
internal sealed class PageTable
{
    private readonly PhysicalMemory _memory;
    private readonly FrameAllocator _frames;
    private readonly DescriptorFormat _format;
    private readonly Dictionary<ulong, int> _entriesInUse = [];
    private readonly DetachedTables _detached;

    private PageTable(PhysicalMemory memory, FrameAllocator frames, DescriptorFormat format, TableGeometry geometry, ulong root)
    {
        (_memory, _frames, _format, Geometry, Root) = (memory, frames, format, geometry, root);
        _detached = new DetachedTables(frames);
        _entriesInUse[root] = 0;
    }

    public TableGeometry Geometry { get; }

    public ulong Root { get; }

    /// <summary>An empty table, or null when there is no frame for it.</summary>
    public static PageTable? Create(PhysicalMemory memory, FrameAllocator frames, DescriptorFormat format, TableGeometry geometry) =>
        frames.Allocate(RootOrder(geometry)) is { } root ? new PageTable(memory, frames, format, geometry, root) : null;

    /// <returns>EINVAL for misalignment or length 0; ERANGE beyond the table; EEXIST over a mapping; ENOMEM.</returns>
    public Errno Map(ulong iova, ulong physical, ulong length, Access access)
    {
        if (((iova | physical | length) & 0xFFF) != 0 || length == 0 || access == Access.None) return Errno.EINVAL;
        if (iova + length < iova || iova + length > 1UL << Geometry.InputBits) return Errno.ERANGE;
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
        var limit = 1UL << Geometry.InputBits;
        if (length == 0 || iova >= limit) return 0;
        var last = Math.Min(iova + (length - 1), limit - 1);
        if (last < iova) last = limit - 1;
        return UnmapTable(Root, Geometry.StartLevel, 0, iova, last);
    }

    public ulong? Lookup(ulong iova)
    {
        if (iova >> Geometry.InputBits != 0) return null;
        var table = Root;
        for (var level = Geometry.StartLevel; ; level++)
        {
            var descriptor = _memory.Read64(table + Geometry.OffsetOf(iova, level));
            if ((descriptor & Valid) == 0) return null;
            if (!IsTable(descriptor, level)) return (descriptor & AddressMask) | (iova & Bits.Mask(Geometry.ShiftOf(level)));
            table = descriptor & AddressMask;
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
        foreach (var table in _entriesInUse.Keys)
            _frames.Free(table, table == Root ? RootOrder(Geometry) : 0);
        _entriesInUse.Clear();
    }

    private static int RootOrder(TableGeometry geometry) =>
        Math.Max(0, geometry.IndexBitsOf(geometry.StartLevel) + 3 - PhysicalMemory.PageLog2);

    private int LargestLevel(ulong iova, ulong physical, ulong length)
    {
        for (var level = Math.Max(1, Geometry.StartLevel); level < 3; level++)
        {
            var size = 1UL << Geometry.ShiftOf(level);
            if (Geometry.AllowsBlock(level) && length >= size && ((iova | physical) & (size - 1)) == 0) return level;
        }
        return 3;
    }

    private Errno MapLeaf(ulong iova, ulong physical, int wantedLevel, Access access, out ulong size)
    {
        size = 0;
        var table = Root;
        for (var level = Geometry.StartLevel; ; level++)
        {
            var slot = table + Geometry.OffsetOf(iova, level);
            var descriptor = _memory.Read64(slot);
            if (level >= wantedLevel && descriptor == 0)
            {
                size = 1UL << Geometry.ShiftOf(level);
                _memory.Write64(slot, _format.Leaf(physical, level, access));
                _entriesInUse[table]++;
                return Errno.None;
            }
            if (descriptor != 0 && !IsTable(descriptor, level)) return Errno.EEXIST;
            if (descriptor == 0)
            {
                if (_frames.Allocate() is not { } fresh) return Errno.ENOMEM;
                _entriesInUse[fresh] = 0;
                _entriesInUse[table]++;
                descriptor = fresh | Valid | TableOrPage;
                _memory.Write64(slot, descriptor);
            }
            table = descriptor & AddressMask;
        }
    }

    private ulong UnmapTable(ulong table, int level, ulong tableBase, ulong first, ulong last)
    {
        var shift = Geometry.ShiftOf(level);
        var size = 1UL << shift;
        var removed = 0UL;
        var index = first <= tableBase ? 0 : (first - tableBase) >> shift;
        for (var start = tableBase + (index << shift); start <= last && index < 1UL << Geometry.IndexBitsOf(level); index++, start += size)
        {
            var descriptor = _memory.Read64(table + (index << 3));
            if (descriptor == 0) continue;
            if (IsTable(descriptor, level)) removed += UnmapChild(table, index, descriptor & AddressMask, level, start, first, last);
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
        var removed = UnmapTable(child, level + 1, start, first, last);
        if (_entriesInUse[child] != 0) return removed;
        _memory.Write64(table + (index << 3), 0);
        _entriesInUse[table]--;
        _entriesInUse.Remove(child);
        _detached.Add(child, start, start + Bits.Mask(Geometry.ShiftOf(level)));
        return removed;
    }
}
