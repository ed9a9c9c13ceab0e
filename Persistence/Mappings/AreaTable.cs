using Iommu.Messages;
using Iommu.Persistence.Events;

namespace Iommu.Persistence.Mappings;

/// <summary>What the mapping events of one IOAS fold to: its areas, disjoint and in order of IOVA, and its settings.</summary>
public sealed class AreaTable
{
    private readonly List<Area> _areas = [];
    private readonly List<IovaRange> _reserved = [];
    private readonly HashSet<ulong> _revoked = [];

    public int Count => _areas.Count;

    public IReadOnlyList<Area> Areas => _areas;

    /// <summary>Ranges that nothing may be mapped to, whatever device is attached.</summary>
    public IReadOnlyList<IovaRange> Reserved => _reserved;

    /// <summary>What automatic allocation is confined to; empty is everything.</summary>
    public IReadOnlyList<IovaRange> Allowed { get; private set; } = [];

    /// <summary>Whether domains may use large pages.</summary>
    public bool LargePages { get; private set; } = true;

    /// <summary>Whether the exporter of an area's dma-buf has taken it away.</summary>
    public bool IsRevoked(Area area) => _revoked.Contains(area.Pages.Number);

    public void Apply(MappingEvent happened)
    {
        switch (happened)
        {
            case AreaMapped mapped:
                _areas.Insert(IndexOfFirstEndingAtOrAfter(mapped.Iova), Area.Of(mapped));
                break;
            case AreasUnmapped unmapped:
                Remove(unmapped.Iova, unmapped.Iova + (unmapped.LengthBytes - 1));
                break;
            case AreaCut cut:
                Cut(cut.Last);
                break;
            case PagesRevoked revoked:
                _revoked.Add(revoked.Pages);
                break;
            case IovasAllowed allowed:
                Allowed = [.. allowed.Ranges];
                break;
            case IovasReserved reserved:
                _reserved.Add(new IovaRange(reserved.Start, reserved.Last));
                break;
            case LargePagesSet set:
                LargePages = set.Enabled;
                break;
        }
    }

    /// <summary>The shortest list of events that folds to this: what a snapshot holds.</summary>
    public IEnumerable<MappingEvent> ToEvents()
    {
        if (!LargePages) yield return new LargePagesSet(false);
        if (Allowed.Count > 0) yield return new IovasAllowed(Allowed);
        foreach (var range in _reserved) yield return new IovasReserved(range.Start, range.Last);
        foreach (var area in _areas) yield return area.ToEvent();
        foreach (var pages in _areas.Select(area => area.Pages.Number).Where(_revoked.Contains).Distinct())
            yield return new PagesRevoked(pages);
    }

    private void Remove(ulong first, ulong last)
    {
        var from = IndexOfFirstEndingAtOrAfter(first);
        var end = from;
        while (end < _areas.Count && _areas[end].Iova <= last) end++;
        _areas.RemoveRange(from, end - from);
        // A number is free for other pages when its last area is gone.
        if (_revoked.Count > 0) _revoked.IntersectWith(_areas.Select(area => area.Pages.Number));
    }

    private void Cut(ulong last)
    {
        var index = IndexOfFirstEndingAtOrAfter(last);
        if (index == _areas.Count || _areas[index] is var area && (area.Iova > last || area.Last == last)) return;
        var length = last - area.Iova + 1;
        _areas[index] = area with { LengthBytes = length };
        _areas.Insert(index + 1, area with
        {
            Iova = last + 1, LengthBytes = area.LengthBytes - length, UserAddress = area.UserAddress + length,
        });
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
