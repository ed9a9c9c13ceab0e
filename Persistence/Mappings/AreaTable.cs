using Iommu.Persistence.Events;

namespace Iommu.Persistence.Mappings;

/// <summary>The areas of one IOAS, disjoint and in order of IOVA; what its mapping events fold to.</summary>
public sealed class AreaTable
{
    private readonly List<Area> _areas = [];

    public int Count => _areas.Count;

    public IReadOnlyList<Area> Areas => _areas;

    public void Apply(MappingEvent happened)
    {
        switch (happened)
        {
            case AreaMapped mapped:
                _areas.Insert(IndexOfFirstEndingAtOrAfter(mapped.Iova),
                    new Area(mapped.Iova, mapped.LengthBytes, mapped.UserAddress, mapped.Access));
                break;
            case AreasUnmapped unmapped:
                var (from, count) = Range(unmapped.Iova, unmapped.Iova + (unmapped.LengthBytes - 1));
                _areas.RemoveRange(from, count);
                break;
        }
    }

    /// <summary>The areas that have a byte in the range, in order.</summary>
    public IReadOnlyList<Area> Overlapping(ulong first, ulong last)
    {
        var (from, count) = Range(first, last);
        return _areas.GetRange(from, count);
    }

    public bool AnyIn(ulong first, ulong last) => Range(first, last).Count > 0;

    /// <summary>
    /// The lowest IOVA with room, so that it is congruent to <paramref name="like"/> modulo the alignment (a power of two).
    /// </summary>
    /// <returns>Null when there is no hole between <paramref name="first"/> and <paramref name="last"/>.</returns>
    public ulong? FindHole(ulong lengthBytes, ulong alignment, ulong like, ulong first, ulong last)
    {
        var start = first;
        foreach (var area in _areas)
        {
            if (area.Last < start) continue;
            if (Fit(start, Math.Min(last, area.Iova == 0 ? 0 : area.Iova - 1)) is { } hole) return hole;
            if (area.Last >= last) return null;
            start = area.Last + 1;
        }
        return Fit(start, last);

        ulong? Fit(ulong from, ulong to)
        {
            var at = from + ((like - from) & (alignment - 1));
            return at >= from && at <= to && to - at >= lengthBytes - 1 ? at : null;
        }
    }

    private (int From, int Count) Range(ulong first, ulong last)
    {
        var from = IndexOfFirstEndingAtOrAfter(first);
        var end = from;
        while (end < _areas.Count && _areas[end].Iova <= last) end++;
        return (from, end - from);
    }

    private int IndexOfFirstEndingAtOrAfter(ulong iova)
    {
        int low = 0, high = _areas.Count;
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_areas[middle].Last < iova) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
