using Iommu.Messages;

namespace Iommu.TestKit.Model;

/// <summary>Sets of 64-bit numbers as ranges, both ends included.</summary>
internal static class Ranges
{
    /// <summary>In order and disjoint; neighbours are one.</summary>
    public static List<IovaRange> Join(IEnumerable<IovaRange> ranges)
    {
        var joined = new List<IovaRange>();
        foreach (var range in ranges.OrderBy(range => range.Start))
        {
            if (joined.Count > 0 && (joined[^1].Last == ulong.MaxValue || joined[^1].Last + 1 >= range.Start))
                joined[^1] = joined[^1] with { Last = Math.Max(joined[^1].Last, range.Last) };
            else joined.Add(range);
        }
        return joined;
    }

    /// <summary>What joined ranges leave free of [first, last].</summary>
    public static List<IovaRange> Holes(IReadOnlyList<IovaRange> joined, ulong first, ulong last)
    {
        var holes = new List<IovaRange>();
        var start = first;
        foreach (var range in joined)
        {
            if (range.Last < start) continue;
            if (range.Start > last) break;
            if (range.Start > start) holes.Add(new IovaRange(start, range.Start - 1));
            if (range.Last >= last) return holes;
            start = range.Last + 1;
        }
        holes.Add(new IovaRange(start, last));
        return holes;
    }

    public static bool Meets(this IovaRange one, IovaRange other) => one.Start <= other.Last && other.Start <= one.Last;

    public static bool MeetsAny(this IovaRange one, IEnumerable<IovaRange> others) => others.Any(other => one.Meets(other));
}
