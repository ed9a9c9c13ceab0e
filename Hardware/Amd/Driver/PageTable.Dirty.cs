using Iommu.Hardware.Amd.Formats;
using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Amd.Driver;

/// <summary>The dirty bits of the leaves.</summary>
internal sealed partial class PageTable
{
    /// <summary>Calls back with IOVA and length of each dirty leaf in a range; of one of several entries, when any is.</summary>
    public void ReadDirty(ulong iova, ulong length, bool clear, Action<ulong, ulong> dirty)
    {
        if (LastOf(iova, length) is { } last) ReadTable(Root, Levels, 0, iova, last, clear, dirty);
    }

    private void ReadTable(ulong table, int level, ulong tableBase, ulong first, ulong last, bool clear, Action<ulong, ulong> dirty)
    {
        var shift = HostPte.ShiftOf(level);
        var index = first <= tableBase ? 0 : (first - tableBase) >> shift;
        while (index < 512 && tableBase + (index << shift) <= last)
        {
            var pte = new HostPte(_memory.Read64(table + (index << 3)));
            var start = tableBase + (index << shift);
            if (pte.IsPresent && !pte.IsLeaf) ReadTable(pte.Table, level - 1, start, first, last, clear, dirty);
            if (!pte.IsPresent || !pte.IsLeaf)
            {
                index++;
                continue;
            }
            var log2 = pte.SizeLog2(level);
            var count = 1UL << (log2 - shift);
            index &= ~(count - 1);
            if (TakeDirty(table + (index << 3), count, clear)) dirty(start & ~Mask(log2), 1UL << log2);
            index += count;
        }
    }

    private bool TakeDirty(ulong slot, ulong count, bool clear)
    {
        var found = false;
        for (var end = slot + count * 8; slot < end; slot += 8)
        {
            while (_memory.Read64(slot) is var value && (value & HostPte.Dirty) != 0)
            {
                found = true;
                if (!clear || _memory.CompareExchange64(slot, value & ~HostPte.Dirty, value) == value) break;
            }
        }
        return found;
    }
}
