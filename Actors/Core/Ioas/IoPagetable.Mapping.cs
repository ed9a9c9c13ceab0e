using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Persistence.Mappings;

namespace Iommu.Actors.Core.Ioas;

/// <summary>Areas come: IOAS_MAP, IOAS_MAP_FILE, IOAS_COPY and VFIO's maps are all one (iopt_map_pages).</summary>
public sealed partial class IoPagetable
{
    /// <summary>Maps slices of pages side by side, as an area each. The slices are taken over, whatever comes of it.</summary>
    /// <param name="slices">What, in order.</param>
    /// <param name="iova">Where; null has it chosen.</param>
    /// <param name="access">Rights.</param>
    /// <returns>
    /// EINVAL, EEXIST, EOVERFLOW, ENOSPC for the place; EPERM to write pages that are not; what pinning and the domains say. When a domain
    /// fails half way, what a device may have seen is out of the tables again, and stays pinned, and in transition, until
    /// <see cref="Finish"/>, which must wait for the <see cref="Flush"/> of it.
    /// </returns>
    public Mapping Map(IReadOnlyList<PagesSlice> slices, ulong? iova, Access access)
    {
        var placed = Place(slices, iova, access);
        if (placed.Failed)
        {
            foreach (var slice in slices) slice.Pages.LetGo();
            return new Mapping(placed.Errno, [], []);
        }
        var areas = placed.Value!;
        var errno = Errno.None;
        foreach (var area in areas)
        {
            errno = Fill(area);
            if (errno != Errno.None) break;
        }
        if (errno == Errno.None)
        {
            foreach (var area in areas) area.State = AreaState.Mapped;
            return new Mapping(Errno.None, areas, []);
        }
        var seen = areas.Where(area => area.Storage is not null).ToList();
        foreach (var area in seen) UnmapFromAll(area);
        Finish(areas.Where(area => area.Storage is null));
        return new Mapping(errno, [], seen);
    }

    /// <summary>The pages behind a range, held, for a map elsewhere (iopt_get_pages).</summary>
    /// <returns>EINVAL length 0, EOVERFLOW, ENOENT a range that is not mapped whole.</returns>
    public Result<List<PagesSlice>> GetPages(ulong iova, ulong lengthBytes)
    {
        if (lengthBytes == 0) return Errno.EINVAL;
        var last = unchecked(iova + (lengthBytes - 1));
        if (last < iova) return Errno.EOVERFLOW;
        if (_failures.ShouldFail("get pages")) return Errno.ENOMEM;
        var parts = _areas.Contiguous(iova, last).ToList();
        if (parts.Count == 0 || parts[^1].Last != last) return Errno.ENOENT;
        return parts.Select(part =>
            new PagesSlice(part.Area.Pages.Hold(), part.Area.StartByteAt(part.Iova), part.LengthBytes)).ToList();
    }

    /// <summary>
    /// Cuts the area that has this byte in two, the first of which ends with it: VFIO's type 1 unmaps parts (iopt_cut_iova). Nothing
    /// happens where no area is, or at an end of one.
    /// </summary>
    /// <returns>
    /// EBUSY in transition, or when it lets no access in; EOPNOTSUPP a dma-buf; EINVAL misaligned, accesses stand on it, or large pages may
    /// be under it.
    /// </returns>
    public Result<bool> Cut(ulong last)
    {
        if (_areas.FirstIn(last, last) is not { } area || last == area.Iova || last == area.Last) return false;
        if (area.State != AreaState.Mapped || area.PreventsAccess) return Errno.EBUSY;
        if (area.Pages is DmaBufPages) return Errno.EOPNOTSUPP;
        if (((last + 1 | area.StartByteAt(last + 1)) & (IovaAlignment - 1)) != 0) return Errno.EINVAL;
        if (_failures.ShouldFail("cut area")) return Errno.ENOMEM;
        if (area.Accesses > 0 || (area.Storage is not null && LargePages)) return Errno.EINVAL;
        var length = last - area.Iova + 1;
        var left = new IoArea(area.Iova, new PagesSlice(area.Pages, area.StartByte, length), area.Access);
        var right = new IoArea(last + 1,
            new PagesSlice(area.Pages.Hold(), area.StartByteAt(last + 1), area.LengthBytes - length), area.Access);
        foreach (var half in new[] { left, right }) (half.State, half.Storage) = (AreaState.Mapped, area.Storage);
        _areas.Split(area, left, right);
        return true;
    }

    /// <summary>Settings as a journal has them, before any area.</summary>
    public void Restore(AreaTable table)
    {
        foreach (var range in table.Reserved) _reserved.Add(range, null);
        _allowed = AllowedRanges.Load(table.Allowed).Value!;
        LargePages = table.LargePages;
        CalculateAlignment();
    }

    /// <summary>An area as a journal has it. There is no domain yet.</summary>
    public void Restore(Area area, PinnedPages pages) =>
        Insert(new IoArea(area.Iova, new PagesSlice(pages, area.UserAddress - pages.BaseAddress, area.LengthBytes), area.Access),
            AreaState.Mapped);

    /// <summary>In the kernel's order: iopt_alloc_area_pages.</summary>
    private Result<List<IoArea>> Place(IReadOnlyList<PagesSlice> slices, ulong? wanted, Access access)
    {
        if (_failures.ShouldFail("allocate area")) return Errno.ENOMEM;
        var length = slices.Aggregate(0UL, (sum, slice) => sum + slice.LengthBytes);
        if (length == 0 || (length & (IovaAlignment - 1)) != 0) return Errno.EINVAL;
        var iova = wanted is { } fixedIova ? CheckFixed(fixedIova, length) : Choose(slices[0], length);
        if (iova.Failed) return iova.Errno;
        var areas = new List<IoArea>();
        var next = iova.Value;
        foreach (var slice in slices)
        {
            var errno = CheckSlice(slice, next, access);
            if (errno != Errno.None) return errno;
            areas.Add(new IoArea(next, slice, access));
            next += slice.LengthBytes;
        }
        foreach (var area in areas) Insert(area, AreaState.SettingUp);
        return areas;
    }

    private Result<ulong> Choose(PagesSlice first, ulong length) => IovaAllocation.Choose(
        first.Pages.BaseAddress + first.StartByte, length, IovaAlignment, _allowed.Spans, (from, to) =>
            IovaSpans.Holes(IovaSpans.Merge(_areas.From(from).Select(area => new IovaRange(area.Iova, area.Last)), _reserved.Spans),
                from, to));

    private Result<ulong> CheckFixed(ulong iova, ulong length)
    {
        if ((iova & (IovaAlignment - 1)) != 0) return Errno.EINVAL;
        var last = unchecked(iova + (length - 1));
        if (last < iova) return Errno.EOVERFLOW;
        if (_reserved.Overlaps(iova, last)) return Errno.EINVAL;
        return _areas.FirstIn(iova, last) is null ? iova : Errno.EEXIST;
    }

    private Errno CheckSlice(PagesSlice slice, ulong iova, Access access)
    {
        if (access.HasFlag(Access.Write) && !slice.Pages.Writable) return Errno.EPERM;
        if ((slice.StartByte & (IovaAlignment - 1) & (PageBytes - 1)) != 0) return Errno.EINVAL;
        return unchecked(iova + (slice.LengthBytes - 1)) < iova || slice.StartByte + (slice.LengthBytes - 1) < slice.StartByte
            ? Errno.EOVERFLOW : Errno.None;
    }

    private void Insert(IoArea area, AreaState state)
    {
        area.State = state;
        _areas.Insert(area);
        if (area.Pages is DmaBufPages taken) taken.Watch(_takenAway);
    }

    /// <summary>Pins what is not pinned, and maps it in every domain; on an error after that what was done stays.</summary>
    private Errno Fill(IoArea area)
    {
        if (_domains.Count == 0) return Errno.None;
        var errno = _failures.ShouldFail("pin pages") ? Errno.ENOMEM : area.Pages.Use(area.FirstPage, area.LastPage);
        if (errno != Errno.None) return errno;
        area.Storage = _domains[0];
        var runs = area.Pages.Runs(area.FirstPage, area.LastPage);
        foreach (var domain in _domains)
        {
            errno = MapRuns(domain, area, runs);
            if (errno != Errno.None) return errno;
        }
        return Errno.None;
    }

    /// <summary>Physically contiguous runs are mapped at once, so that the domain can use large pages, unless it must not.</summary>
    private Errno MapRuns(IPagingDomain domain, IoArea area, IReadOnlyList<FrameRun> runs)
    {
        if (_failures.ShouldFail("map in a domain")) return Errno.ENOMEM;
        var (iova, offset, left) = (area.Iova, area.PageOffset, area.LengthBytes);
        foreach (var run in runs)
        {
            var length = Math.Min(left, run.Pages * PageBytes - offset);
            var step = LargePages ? length : PageBytes;
            for (var done = 0UL; done < length; done += step)
            {
                var errno = domain.Map(iova + done, run.Physical + offset + done, step, area.Access);
                if (errno != Errno.None) return errno;
            }
            (iova, offset, left) = (iova + length, 0, left - length);
        }
        return Errno.None;
    }
}

/// <summary>
/// What a map came to: its areas, or why not, and then those that must be flushed before <see cref="IoPagetable.Finish"/>.
/// </summary>
public readonly record struct Mapping(Errno Errno, IReadOnlyList<IoArea> Areas, IReadOnlyList<IoArea> Undone)
{
    public ulong Iova => Areas[0].Iova;
}
