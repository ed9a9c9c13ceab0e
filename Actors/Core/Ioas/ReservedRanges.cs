using Iommu.Messages;

namespace Iommu.Actors.Core.Ioas;

/// <summary>
/// Ranges of IOVAs that nothing may be mapped to, each by an owner: a domain beyond its aperture, a device, a test. They may overlap.
/// </summary>
internal sealed class ReservedRanges
{
    private readonly List<(IovaRange Range, object? Owner)> _reserved = [];
    private IReadOnlyList<IovaRange>? _spans;

    /// <summary>In order, disjoint, and those that touch joined.</summary>
    public IReadOnlyList<IovaRange> Spans => _spans ??= IovaSpans.Join(_reserved.Select(item => item.Range));

    /// <param name="range">What is reserved.</param>
    /// <param name="owner">By whom, compared by identity; null is a test's.</param>
    public void Add(IovaRange range, object? owner)
    {
        _reserved.Add((range, owner));
        _spans = null;
    }

    public void RemoveLast()
    {
        _reserved.RemoveAt(_reserved.Count - 1);
        _spans = null;
    }

    public void RemoveAll(object owner)
    {
        if (_reserved.RemoveAll(item => ReferenceEquals(item.Owner, owner)) > 0) _spans = null;
    }

    public bool Overlaps(ulong first, ulong last) => _reserved.Exists(item => item.Range.Start <= last && first <= item.Range.Last);
}

/// <summary>Sets of IOVAs as ordered lists of ranges.</summary>
internal static class IovaSpans
{
    /// <summary>The union of ranges, in order; those that overlap or touch are one.</summary>
    public static IReadOnlyList<IovaRange> Join(IEnumerable<IovaRange> ranges)
    {
        var spans = new List<IovaRange>();
        foreach (var range in ranges.OrderBy(range => range.Start))
        {
            if (spans.Count > 0 && spans[^1] is var before && (before.Last == ulong.MaxValue || range.Start <= before.Last + 1))
                spans[^1] = before with { Last = Math.Max(before.Last, range.Last) };
            else spans.Add(range);
        }
        return spans;
    }

    /// <summary>What is in none of the ranges, which are in order; they may overlap.</summary>
    public static IEnumerable<IovaRange> Holes(IEnumerable<IovaRange> used, ulong first, ulong last)
    {
        foreach (var range in used)
        {
            if (range.Last < first) continue;
            if (range.Start > last) break;
            if (range.Start > first) yield return new IovaRange(first, range.Start - 1);
            if (range.Last >= last) yield break;
            first = range.Last + 1;
        }
        yield return new IovaRange(first, last);
    }

    /// <summary>Two ordered sequences as one.</summary>
    public static IEnumerable<IovaRange> Merge(IEnumerable<IovaRange> one, IEnumerable<IovaRange> other)
    {
        using var left = one.GetEnumerator();
        using var right = other.GetEnumerator();
        var (hasLeft, hasRight) = (left.MoveNext(), right.MoveNext());
        while (hasLeft || hasRight)
        {
            if (hasLeft && (!hasRight || left.Current.Start <= right.Current.Start))
            {
                yield return left.Current;
                hasLeft = left.MoveNext();
            }
            else
            {
                yield return right.Current;
                hasRight = right.MoveNext();
            }
        }
    }
}
