using Iommu.Hardware.Drivers;
using Iommu.Messages;

namespace Iommu.Actors.Core.Ioas;

/// <summary>Domains come and go; each holds every area. No area is in transition then.</summary>
public sealed partial class IoPagetable
{
    private readonly List<IPagingDomain> _domains = [];
    private readonly List<IPagingDomain> _ending = [];

    public IReadOnlyList<IPagingDomain> Domains => _domains;

    /// <summary>Page sizes that every domain has, a bit each.</summary>
    public ulong PageSizes => _domains.Aggregate(ulong.MaxValue, (both, domain) => both & domain.PageSizes);

    /// <summary>Makes a domain hold every area (iopt_table_add_domain).</summary>
    /// <returns>
    /// EINVAL a domain without pages of 4 KiB; EADDRINUSE when an area does not fit its pages, or an area or the allowed list its aperture;
    /// and what pinning and the domain say. Nothing is left then.
    /// </returns>
    public Errno AddDomain(IPagingDomain domain)
    {
        var alignment = Math.Max(SmallestPage(domain), IovaAlignment);
        if (alignment > PageBytes) return Errno.EINVAL;
        if (alignment != IovaAlignment && !Fits(alignment)) return Errno.EADDRINUSE;
        var outside = new List<IovaRange>();
        if (domain.ApertureFirst != 0) outside.Add(new IovaRange(0, domain.ApertureFirst - 1));
        if (domain.ApertureLast != ulong.MaxValue) outside.Add(new IovaRange(domain.ApertureLast + 1, ulong.MaxValue));
        var errno = Reserve(outside, domain);
        if (errno != Errno.None) return errno;
        errno = FillDomain(domain);
        if (errno != Errno.None)
        {
            Unreserve(domain);
            return errno;
        }
        IovaAlignment = alignment;
        _domains.Add(domain);
        return Errno.None;
    }

    /// <summary>
    /// Empties a domain that no device is attached to; the last one gone, pages are unpinned but for those that accesses pin. What it
    /// asks of areas stands until <see cref="EndDomain"/>.
    /// </summary>
    public void RemoveDomain(IPagingDomain domain)
    {
        var index = _domains.IndexOf(domain);
        if (index < 0) return;
        _domains[index] = _domains[^1];
        _domains.RemoveAt(_domains.Count - 1);
        _ending.Add(domain);
        foreach (var area in _areas.All)
        {
            if (area.State != AreaState.Mapped) continue;
            domain.Unmap(area.Iova, area.LengthBytes);
            if (_domains.Count == 0) Unuse(area);
            else if (area.Storage == domain) area.Storage = _domains[0];
        }
    }

    /// <summary>
    /// The end of a removed domain is durable: its alignment and aperture bind nobody any more. Earlier, an area could come that it cannot
    /// hold, and a crash bring both back.
    /// </summary>
    public void EndDomain(IPagingDomain domain)
    {
        if (!_ending.Remove(domain)) return;
        Unreserve(domain);
        CalculateAlignment();
    }

    /// <summary>
    /// Calls back for each dirty page of a range (iommu_read_and_clear_dirty). Bits that are cleared are to be followed by a flush of the
    /// domain.
    /// </summary>
    /// <param name="domain">One of the domains, which has dirty bits.</param>
    /// <param name="iova">First byte.</param>
    /// <param name="lengthBytes">Length, not 0.</param>
    /// <param name="clear">Whether the bits are cleared.</param>
    /// <param name="sink">Gets IOVA and length in bytes of a dirty page.</param>
    /// <returns>EINVAL when a hole ends it early.</returns>
    public Errno ReadDirty(IPagingDomain domain, ulong iova, ulong lengthBytes, bool clear, Action<ulong, ulong> sink)
    {
        var last = iova + (lengthBytes - 1);
        var covered = false;
        foreach (var part in _areas.Contiguous(iova, last))
        {
            domain.Dirty!.Read(part.Iova, part.LengthBytes, clear, sink);
            covered = part.Last == last;
        }
        return covered ? Errno.None : Errno.EINVAL;
    }

    /// <summary>Clears every dirty bit of a domain, before tracking is switched on (iopt_clear_dirty_data).</summary>
    /// <param name="domain">One of the domains, which has dirty bits.</param>
    /// <param name="cleared">Gets what is to be flushed: IOVA and length in bytes of a page that was dirty.</param>
    public void ClearDirty(IPagingDomain domain, Action<ulong, ulong> cleared)
    {
        foreach (var area in _areas.All)
            if (area.State == AreaState.Mapped) domain.Dirty!.Read(area.Iova, area.LengthBytes, clear: true, cleared);
    }

    /// <summary>How much of a range is mapped without a hole, from its first byte on.</summary>
    public ulong ContiguousBytes(ulong iova, ulong lengthBytes) => _areas.Contiguous(iova, iova + (lengthBytes - 1))
        .Aggregate(0UL, (sum, part) => sum + part.LengthBytes);

    /// <summary>
    /// Where an IOVA leads in a domain that no hardware translates by, and how far memory is contiguous from there (iopt_get_phys).
    /// </summary>
    /// <returns>ENOENT not mapped; EINVAL pages that were taken away; EOPNOTSUPP without such a domain.</returns>
    public PhysicalAnswer GetPhysical(ulong iova, ulong lengthMaxBytes)
    {
        if (_areas.FirstIn(iova, iova) is not { State: AreaState.Mapped } area) return new PhysicalAnswer(Errno.ENOENT, 0, 0);
        if (area.Pages.Revoked) return new PhysicalAnswer(Errno.EINVAL, 0, 0);
        if (area.Storage is not { Iommu.Translates: false } domain) return new PhysicalAnswer(Errno.EOPNOTSUPP, 0, 0);
        var physical = domain.Lookup(iova) ?? 0;
        var length = Math.Min(PageBytes - iova % PageBytes, area.Last - iova + 1);
        var (at, expected) = (iova, physical);
        // In steps of a page from where it starts, as the kernel does.
        while (length < lengthMaxBytes && area.Last - at >= PageBytes)
        {
            at += PageBytes;
            expected += PageBytes;
            if (domain.Lookup(at) is not { } next || next != expected) break;
            length += PageBytes;
        }
        return new PhysicalAnswer(Errno.None, physical, Math.Min(length, lengthMaxBytes));
    }

    private Errno FillDomain(IPagingDomain domain)
    {
        var filled = new List<IoArea>();
        foreach (var area in _areas.All)
        {
            if (area.State != AreaState.Mapped) continue;
            var errno = FillDomain(area, domain);
            if (errno == Errno.None)
            {
                filled.Add(area);
                continue;
            }
            foreach (var done in filled) EmptyDomain(done, domain);
            return errno;
        }
        return Errno.None;
    }

    private Errno FillDomain(IoArea area, IPagingDomain domain)
    {
        var errno = area.Storage is not null ? Errno.None
            : _failures.ShouldFail("pin pages") ? Errno.ENOMEM : area.Pages.Use(area.FirstPage, area.LastPage);
        if (errno != Errno.None) return errno;
        area.Storage ??= domain;
        errno = MapRuns(domain, area, area.Pages.Runs(area.FirstPage, area.LastPage));
        if (errno != Errno.None) EmptyDomain(area, domain);
        return errno;
    }

    /// <summary>No device has seen the domain: nothing is to be flushed.</summary>
    private static void EmptyDomain(IoArea area, IPagingDomain domain)
    {
        domain.Unmap(area.Iova, area.LengthBytes);
        if (area.Storage == domain) Unuse(area);
    }

    private static void Unuse(IoArea area)
    {
        area.Storage = null;
        area.Pages.EndUse(area.FirstPage, area.LastPage);
    }
}
