using Iommu.Hardware.Queues;
using Iommu.Messages;

namespace Iommu.Actors.Core.Ioas;

/// <summary>Areas go: out of the domains, out of every cache, and only then unpinned and out of the list.</summary>
public sealed partial class IoPagetable
{
    /// <summary>The range of an IOAS_UNMAP (iommufd_ioas_unmap): all of it for 0 with 2^64 - 1. EOVERFLOW, EINVAL length 0.</summary>
    public static Result<IovaRange> UnmapRange(ulong iova, ulong lengthBytes)
    {
        if (iova == 0 && lengthBytes == ulong.MaxValue) return new IovaRange(0, ulong.MaxValue);
        if (iova == ulong.MaxValue || lengthBytes == ulong.MaxValue) return Errno.EOVERFLOW;
        if (lengthBytes == 0) return Errno.EINVAL;
        var last = unchecked(iova + (lengthBytes - 1));
        return last < iova ? Errno.EOVERFLOW : new IovaRange(iova, last);
    }

    /// <summary>Begins an unmap, which goes on step by step.</summary>
    public UnmapOperation Unmap(IovaRange range) => new(this, range);

    /// <summary>The invalidations that must be done before areas in transition may be finished.</summary>
    public IEnumerable<CommandBatch> Flush(IReadOnlyList<IoArea> areas)
    {
        foreach (var area in areas)
            foreach (var domain in _domains)
                foreach (var batch in domain.Flush(area.Iova, area.LengthBytes))
                    yield return batch;
    }

    /// <summary>The end of areas in transition, which no device reaches any more: unpins their pages and gives their IOVAs back.</summary>
    public void Finish(IEnumerable<IoArea> areas)
    {
        foreach (var area in areas.ToList())
        {
            if (area.Storage is not null) area.Pages.EndUse(area.FirstPage, area.LastPage);
            area.Storage = null;
            _areas.Remove(area);
            if (area.Pages is DmaBufPages taken) taken.Unwatch(_takenAway);
            area.Pages.LetGo();
        }
    }

    /// <summary>
    /// Pages of a dma-buf were taken away: takes their areas out of every domain. They stay, also for domains that come, and lead nowhere.
    /// </summary>
    /// <returns>What must be flushed before the exporter may go on.</returns>
    public IReadOnlyList<IoArea> TakeAway(PinnedPages pages)
    {
        var areas = _areas.All.Where(area => area.Pages == pages).ToList();
        foreach (var area in areas) UnmapFromAll(area);
        return areas;
    }

    /// <summary>The IOAS goes, with what is mapped in it. It has no domain and no access any more.</summary>
    public void Clear()
    {
        Finish(_areas.All);
        _allowed = AllowedRanges.Everything;
    }

    internal IoArea? FirstIn(ulong first, ulong last) => _areas.FirstIn(first, last);

    internal void BeginTearDown(IoArea area)
    {
        area.State = AreaState.TearingDown;
        if (area.Storage is not null) UnmapFromAll(area);
    }

    private void UnmapFromAll(IoArea area)
    {
        foreach (var domain in _domains) domain.Unmap(area.Iova, area.LengthBytes);
    }
}
