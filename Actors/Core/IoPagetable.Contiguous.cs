using Iommu.Persistence.Mappings;

namespace Iommu.Actors.Core;

public sealed partial class IoPagetable
{
    /// <summary>
    /// What areas map of a range, from its first byte on up to the first hole, each part cut to the range (iopt_for_each_contig_area).
    /// </summary>
    public IReadOnlyList<Area> Contiguous(ulong first, ulong last)
    {
        var parts = new List<Area>();
        var next = first;
        foreach (var area in _areas.Overlapping(first, last))
        {
            if (area.Iova > next) break;
            var end = Math.Min(area.Last, last);
            parts.Add(new Area(next, end - next + 1, area.UserAddress + (next - area.Iova), area.Access));
            next = unchecked(end + 1);
        }
        return parts;
    }
}
