using Iommu.Messages;

namespace Iommu.Actors.Core.Ioas;

/// <summary>The list that automatic allocation is confined to (IOMMU_IOAS_ALLOW_IOVAS); empty is everything.</summary>
internal sealed class AllowedRanges
{
    private const ulong FirstAny = PinnedPages.PageBytes;
    private const ulong LastAny = ulong.MaxValue - PinnedPages.PageBytes;

    public static readonly AllowedRanges Everything = new([]);

    private AllowedRanges(IReadOnlyList<IovaRange> ranges)
    {
        Ranges = ranges;
        var spans = ranges.Count == 0 ? [new IovaRange(FirstAny, LastAny)] : IovaSpans.Join(ranges);
        Spans = [.. spans.Select(span => new IovaRange(Math.Max(span.Start, FirstAny), Math.Min(span.Last, LastAny)))
            .Where(span => span.Start <= span.Last)];
    }

    /// <summary>As they were given.</summary>
    public IReadOnlyList<IovaRange> Ranges { get; }

    /// <summary>Where IOVAs may be chosen: never the first page, nor the last one.</summary>
    public IReadOnlyList<IovaRange> Spans { get; }

    /// <summary>EINVAL: a range that does not end after its start, or overlaps an earlier one (iommufd_ioas_load_iovas).</summary>
    public static Result<AllowedRanges> Load(IReadOnlyList<IovaRange> ranges)
    {
        var lasts = new Dictionary<ulong, ulong>();
        var starts = new List<ulong>();
        foreach (var range in ranges)
        {
            if (range.Start >= range.Last) return Errno.EINVAL;
            // Disjoint so far, so that only the last one that starts at or before this one's end can overlap it.
            var before = starts.BinarySearch(range.Last);
            before = before >= 0 ? before : ~before - 1;
            if (before >= 0 && lasts[starts[before]] >= range.Start) return Errno.EINVAL;
            starts.Insert(before + 1, range.Start);
            lasts[range.Start] = range.Last;
        }
        return new AllowedRanges([.. ranges]);
    }

    public bool Overlaps(ulong first, ulong last) => Ranges.Any(range => range.Start <= last && first <= range.Last);
}
