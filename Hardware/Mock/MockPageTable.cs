using System.Numerics;
using Iommu.Messages;

namespace Iommu.Hardware.Mock;

/// <summary>
/// Three levels of 512 slots. A leaf may be larger than the slots of its level: it then fills as many as it needs. Rules and errnos
/// are those of the kernel's generic page table (generic_pt/iommu_pt.h). Not safe for several threads.
/// </summary>
internal sealed class MockPageTable(ulong pageSizes)
{
    private const int LevelLog2 = 9;
    private const int TopLevel = 2;
    private const int OutputBits = 51;

    private readonly Table _top = new();

    /// <summary>Maps in the largest pages that fit; on an error the pages before it stay.</summary>
    /// <returns>EINVAL no access, ERANGE beyond the tables, EOVERFLOW, ENXIO aligned to no page size, EADDRINUSE mapped already.</returns>
    public Errno Map(ulong iova, ulong physical, ulong lengthBytes, Access access)
    {
        if (access == Access.None) return Errno.EINVAL;
        if (physical >> OutputBits != 0) return Errno.ERANGE;
        if (lengthBytes == 0 || iova + (lengthBytes - 1) < iova) return Errno.EOVERFLOW;
        if (BestSize(iova, physical, lengthBytes) is null) return Errno.ENXIO;
        if (!Reaches(iova, lengthBytes)) return Errno.ERANGE;
        while (lengthBytes > 0)
        {
            if (BestSize(iova, physical, lengthBytes) is not { } sizeLog2) return Errno.ENXIO;
            if (!Install(new Leaf(iova, physical, sizeLog2))) return Errno.EADDRINUSE;
            iova += 1UL << sizeLog2;
            physical += 1UL << sizeLog2;
            lengthBytes -= 1UL << sizeLog2;
        }
        return Errno.None;
    }

    /// <summary>
    /// Removes the leaves of a range, up to the first hole, or where it starts within a leaf. The last leaf goes whole, also when the range
    /// ends within it.
    /// </summary>
    /// <returns>Bytes that were mapped.</returns>
    public ulong Unmap(ulong iova, ulong lengthBytes)
    {
        if (lengthBytes == 0 || !Reaches(iova, lengthBytes)) return 0;
        var unmapped = 0UL;
        while (unmapped < lengthBytes && Find(iova + unmapped, out _) is { } leaf && leaf.Iova == iova + unmapped)
        {
            Remove(leaf);
            unmapped += leaf.Bytes;
        }
        return unmapped;
    }

    /// <summary>The leaf that holds an address; null when none does.</summary>
    public Leaf? Find(ulong iova) => Reaches(iova, 1) ? Find(iova, out _) : null;

    /// <summary>The leaves that have a byte in a range, in order; none when the range is beyond the tables.</summary>
    public IEnumerable<Leaf> Within(ulong iova, ulong lengthBytes)
    {
        if (lengthBytes == 0 || !Reaches(iova, lengthBytes)) yield break;
        var last = iova + (lengthBytes - 1);
        while (iova <= last)
        {
            if (Find(iova, out var next) is { } leaf) yield return leaf;
            iova = next;
        }
    }

    private int? BestSize(ulong iova, ulong physical, ulong lengthBytes)
    {
        var alignment = iova | physical;
        var aligned = alignment == 0 ? ulong.MaxValue : (alignment & (0 - alignment)) * 2 - 1;
        var fitting = pageSizes & aligned & ((1UL << BitOperations.Log2(lengthBytes)) * 2 - 1);
        return fitting == 0 ? null : BitOperations.Log2(fitting);
    }

    private Leaf? Find(ulong iova, out ulong next)
    {
        var table = _top;
        for (var level = TopLevel; ; level--)
        {
            switch (table.Slots[SlotOf(iova, level)])
            {
                case Table lower:
                    table = lower;
                    continue;
                case Leaf leaf:
                    next = leaf.Iova + leaf.Bytes;
                    return leaf;
                default:
                    next = ((iova >> ShiftOf(level)) + 1) << ShiftOf(level);
                    return null;
            }
        }
    }

    private bool Install(Leaf leaf)
    {
        var table = _top;
        for (var level = TopLevel; level > leaf.Level; level--)
        {
            ref var slot = ref table.Slots[SlotOf(leaf.Iova, level)];
            if (slot is Leaf) return false;
            if (slot is null) table.Used++;
            table = (Table)(slot ??= new Table());
        }
        var slots = SlotsOf(table, leaf);
        // A table with nothing in it does not stay, so that one which is here holds a leaf.
        if (slots.ContainsAnyExcept((object?)null)) return false;
        slots.Fill(leaf);
        table.Used += slots.Length;
        return true;
    }

    private void Remove(Leaf leaf)
    {
        Span<int> path = stackalloc int[TopLevel + 1];
        var tables = new Table[TopLevel + 1];
        tables[TopLevel] = _top;
        for (var level = TopLevel; level > leaf.Level; level--)
        {
            path[level] = SlotOf(leaf.Iova, level);
            tables[level - 1] = (Table)tables[level].Slots[path[level]]!;
        }
        var slots = SlotsOf(tables[leaf.Level], leaf);
        slots.Clear();
        tables[leaf.Level].Used -= slots.Length;
        for (var level = leaf.Level; level < TopLevel && tables[level].Used == 0; level++)
        {
            tables[level + 1].Slots[path[level + 1]] = null;
            tables[level + 1].Used--;
        }
    }

    private static Span<object?> SlotsOf(Table table, Leaf leaf) =>
        table.Slots.AsSpan(SlotOf(leaf.Iova, leaf.Level), 1 << (leaf.SizeLog2 - ShiftOf(leaf.Level)));

    private static bool Reaches(ulong iova, ulong lengthBytes) =>
        iova + (lengthBytes - 1) >= iova && (iova + (lengthBytes - 1)) >> MockTableFormat.InputBits == 0;

    private static int ShiftOf(int level) => MockTableFormat.GranuleLog2 + level * LevelLog2;

    private static int SlotOf(ulong iova, int level) => (int)(iova >> ShiftOf(level)) & ((1 << LevelLog2) - 1);

    /// <summary>One page.</summary>
    internal sealed class Leaf(ulong iova, ulong physical, int sizeLog2)
    {
        public ulong Iova => iova;

        public ulong Physical => physical;

        public int SizeLog2 => sizeLog2;

        public ulong Bytes => 1UL << sizeLog2;

        public int Level => (sizeLog2 - MockTableFormat.GranuleLog2) / LevelLog2;

        public bool Dirty { get; set; }
    }

    private sealed class Table
    {
        public object?[] Slots { get; } = new object?[1 << LevelLog2];

        public int Used { get; set; }
    }
}
