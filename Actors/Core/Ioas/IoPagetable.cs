using Iommu.Hardware.Drivers;
using Iommu.Messages;

namespace Iommu.Actors.Core.Ioas;

/// <summary>
/// The io_pagetable of an IOAS: its areas, the domains that hold the same mappings, what is reserved and allowed, and who accesses it.
/// One caller at a time; the pages behind its areas may be other IOASes' too.
/// </summary>
public sealed partial class IoPagetable
{
    private const ulong PageBytes = PinnedPages.PageBytes;

    private readonly IFailureInjection _failures;
    private readonly Action<PinnedPages, Action> _takenAway;
    private readonly AreaList _areas = new();
    private readonly ReservedRanges _reserved = new();
    private AllowedRanges _allowed = AllowedRanges.Everything;

    /// <param name="failures">Which steps fail; null for none.</param>
    /// <param name="takenAway">
    /// Told, on any thread, when pages of a dma-buf are taken away: it is to have <see cref="TakeAway"/> called, the areas that this
    /// returns flushed, and then to run the action. Null does it at once, and flushes nothing.
    /// </param>
    public IoPagetable(IFailureInjection? failures = null, Action<PinnedPages, Action>? takenAway = null)
    {
        _failures = failures ?? NoFailures.Instance;
        _takenAway = takenAway ?? ((pages, done) =>
        {
            TakeAway(pages);
            done();
        });
    }

    /// <summary>In order of IOVA, those in transition too.</summary>
    public IReadOnlyList<IoArea> Areas => _areas.All;

    /// <summary>What every IOVA, length and offset in a page is a multiple of.</summary>
    public ulong IovaAlignment { get; private set; } = 1;

    /// <summary>Whether domains may use large pages (IOMMU_OPTION_HUGE_PAGES).</summary>
    public bool LargePages { get; private set; } = true;

    /// <summary>What automatic allocation is confined to, as it was given; empty is everything.</summary>
    public IReadOnlyList<IovaRange> Allowed => _allowed.Ranges;

    /// <summary>What is not reserved, in order (IOMMU_IOAS_IOVA_RANGES).</summary>
    public IReadOnlyList<IovaRange> UsableRanges => [.. IovaSpans.Holes(_reserved.Spans, 0, ulong.MaxValue)];

    /// <summary>
    /// Reserves ranges for a device or a domain, all or none, until <see cref="Unreserve"/>. EADDRINUSE when an area or the allowed
    /// list has a part of one.
    /// </summary>
    /// <param name="ranges">What.</param>
    /// <param name="owner">Compared by identity.</param>
    public Errno Reserve(IReadOnlyList<IovaRange> ranges, object owner)
    {
        for (var i = 0; i < ranges.Count; i++)
        {
            var errno = ReserveOne(ranges[i], owner);
            if (errno == Errno.None) continue;
            for (; i > 0; i--) _reserved.RemoveLast();
            return errno;
        }
        return Errno.None;
    }

    /// <summary>
    /// Gives back all that an owner has reserved. When a journal tells of its end, call this only after that is durable: what is mapped
    /// there from now on would keep the owner from coming back.
    /// </summary>
    public void Unreserve(object owner) => _reserved.RemoveAll(owner);

    /// <summary>Reserves a range for good, as tests do. EADDRINUSE.</summary>
    public Errno ReserveForGood(IovaRange range) => ReserveOne(range, null);

    /// <summary>
    /// Replaces the whole allowed list (ioas.c, iommufd_ioas_allow_iovas). EINVAL a range that does not end after its start, or
    /// overlaps another; EADDRINUSE a clash with what is reserved.
    /// </summary>
    /// <param name="ranges">The list.</param>
    /// <param name="fault">There is more of it, but that cannot be read: EFAULT.</param>
    public Errno Allow(IReadOnlyList<IovaRange> ranges, bool fault = false)
    {
        var loaded = AllowedRanges.Load(ranges);
        if (loaded.Failed) return loaded.Errno;
        if (fault) return Errno.EFAULT;
        if (_failures.ShouldFail("allow ranges")) return Errno.ENOMEM;
        if (ranges.Any(range => _reserved.Overlaps(range.Start, range.Last))) return Errno.EADDRINUSE;
        _allowed = loaded.Value!;
        return Errno.None;
    }

    /// <summary>From now on domains may use large pages (iopt_enable_large_pages).</summary>
    public void EnableLargePages()
    {
        LargePages = true;
        CalculateAlignment();
    }

    /// <summary>
    /// From now on every page is mapped by itself, so that areas can be cut (iopt_disable_large_pages). EINVAL while there are a domain
    /// and an area; EADDRINUSE an area that is not aligned to pages.
    /// </summary>
    public Errno DisableLargePages()
    {
        if (!LargePages) return Errno.None;
        if (_domains.Count > 0 && _areas.Count > 0) return Errno.EINVAL;
        LargePages = false;
        var errno = CalculateAlignment();
        if (errno != Errno.None) LargePages = true;
        return errno;
    }

    private Errno ReserveOne(IovaRange range, object? owner)
    {
        if (_areas.FirstIn(range.Start, range.Last) is not null || _allowed.Overlaps(range.Start, range.Last)) return Errno.EADDRINUSE;
        if (_failures.ShouldFail("reserve range")) return Errno.ENOMEM;
        _reserved.Add(range, owner);
        return Errno.None;
    }

    /// <summary>The smallest pages of the domains, whole pages for accesses that pin and without large pages, or bytes.</summary>
    private Errno CalculateAlignment()
    {
        var alignment = LargePages ? 1 : PageBytes;
        foreach (var domain in _domains.Concat(_ending)) alignment = Math.Max(alignment, SmallestPage(domain));
        foreach (var access in _accesses.Values) alignment = Math.Max(alignment, access);
        if (alignment > IovaAlignment && !Fits(alignment)) return Errno.EADDRINUSE;
        IovaAlignment = alignment;
        return Errno.None;
    }

    /// <summary>Whether all areas, those in transition too, are aligned so.</summary>
    private bool Fits(ulong alignment) =>
        _areas.All.All(area => ((area.Iova | area.LengthBytes | area.PageOffset) & (alignment - 1)) == 0);

    private static ulong SmallestPage(IPagingDomain domain) => domain.PageSizes & (~domain.PageSizes + 1);
}
