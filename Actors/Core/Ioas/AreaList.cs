namespace Iommu.Actors.Core.Ioas;

/// <summary>Areas in order of IOVA, disjoint, those in transition too.</summary>
internal sealed class AreaList
{
    private readonly List<IoArea> _areas = [];

    public IReadOnlyList<IoArea> All => _areas;

    public int Count => _areas.Count;

    /// <summary>The first area that has a byte in the range; null when none has.</summary>
    public IoArea? FirstIn(ulong first, ulong last)
    {
        var index = IndexOfFirstEndingAtOrAfter(first);
        return index < _areas.Count && _areas[index].Iova <= last ? _areas[index] : null;
    }

    public void Insert(IoArea area) => _areas.Insert(IndexOfFirstEndingAtOrAfter(area.Iova), area);

    public void Remove(IoArea area) => _areas.RemoveAt(IndexOfFirstEndingAtOrAfter(area.Iova));

    /// <summary>One area becomes two.</summary>
    public void Split(IoArea area, IoArea left, IoArea right)
    {
        var index = IndexOfFirstEndingAtOrAfter(area.Iova);
        _areas[index] = left;
        _areas.Insert(index + 1, right);
    }

    /// <summary>
    /// The mapped areas that cover a range without a gap, clipped to it. They end before the first hole, and before an area in
    /// transition: the range is covered when the last one ends with it.
    /// </summary>
    public IEnumerable<AreaPart> Contiguous(ulong first, ulong last)
    {
        for (var index = IndexOfFirstEndingAtOrAfter(first); index < _areas.Count; index++)
        {
            var area = _areas[index];
            if (area.Iova > first || area.State != AreaState.Mapped) yield break;
            var end = Math.Min(last, area.Last);
            yield return new AreaPart(area, first, end);
            if (end == last) yield break;
            first = end + 1;
        }
    }

    /// <summary>The areas from an IOVA on, the one that holds it too.</summary>
    public IEnumerable<IoArea> From(ulong iova)
    {
        for (var index = IndexOfFirstEndingAtOrAfter(iova); index < _areas.Count; index++) yield return _areas[index];
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
