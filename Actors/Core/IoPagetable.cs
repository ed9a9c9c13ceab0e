using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Persistence.Events;
using Iommu.Persistence.Mappings;

namespace Iommu.Actors.Core;

/// <summary>
/// The io_pagetable of an IOAS: its areas, the domains that hold the same mappings, and the pages pinned for them. Pages are
/// pinned while there is a domain, once for all domains.
/// </summary>
public sealed partial class IoPagetable(IUserMemory memory)
{
    private const ulong PageBytes = 4096;
    private const ulong PinPagesFirst = 1 << 16;

    private readonly AreaTable _areas = new();
    private readonly List<IPagingDomain> _domains = [];
    private readonly Dictionary<ulong, ulong[]> _pinned = [];

    public IReadOnlyList<Area> Areas => _areas.Areas;

    public IReadOnlyList<IPagingDomain> Domains => _domains;

    /// <summary>What an IOVA, a length and a user address must be multiples of: 1 while there is no domain.</summary>
    private ulong Alignment => _domains.Count == 0 ? 1 : _domains.Max(domain => domain.PageSizes & (~domain.PageSizes + 1));

    private ulong ApertureLast => _domains.Count == 0 ? ulong.MaxValue : _domains.Min(domain => domain.ApertureLast);

    public void Recover(MappingEvent happened) => _areas.Apply(happened);

    /// <summary>
    /// Decides and carries out IOAS_MAP. When a domain fails half way, what a device may have seen is out of the tables again, and
    /// pinned until <see cref="Unpin"/>, which must wait for the <see cref="Flush"/> of it.
    /// </summary>
    public Mapping Map(IoasMap call)
    {
        var checkedArea = CheckMap(call);
        if (checkedArea.Failed) return new Mapping(checkedArea.Errno, null, []);
        var area = checkedArea.Value;
        var filled = _domains.Count == 0 ? Errno.None : Fill(area, _domains);
        if (filled != Errno.None)
        {
            if (!_pinned.ContainsKey(area.Iova)) return new Mapping(filled, null, []);
            foreach (var domain in _domains) domain.Unmap(area.Iova, area.LengthBytes);
            return new Mapping(filled, null, [area]);
        }
        var mapped = new AreaMapped(area.Iova, area.LengthBytes, area.UserAddress, area.Access);
        _areas.Apply(mapped);
        return new Mapping(Errno.None, mapped, []);
    }

    /// <summary>
    /// Decides IOAS_UNMAP and takes the areas out of areas and domains. Their pages stay pinned until <see cref="Unpin"/>, which
    /// must wait for the <see cref="Flush"/> of each.
    /// </summary>
    public Unmapping Unmap(IoasUnmap call)
    {
        var all = call is { Iova: 0, LengthBytes: ulong.MaxValue };
        var last = unchecked(call.Iova + (call.LengthBytes - 1));
        if (!all && (call.Iova == ulong.MaxValue || call.LengthBytes == ulong.MaxValue)) return new Unmapping(Errno.EOVERFLOW, []);
        if (!all && call.LengthBytes == 0) return new Unmapping(Errno.EINVAL, []);
        if (!all && last < call.Iova) return new Unmapping(Errno.EOVERFLOW, []);

        var unmapped = new List<Area>();
        var errno = Errno.None;
        foreach (var area in _areas.Overlapping(call.Iova, all ? ulong.MaxValue : last))
        {
            if (!all && (area.Iova < call.Iova || area.Last > last))
            {
                errno = Errno.ENOENT;
                break;
            }
            foreach (var domain in _domains) domain.Unmap(area.Iova, area.LengthBytes);
            _areas.Apply(new AreasUnmapped(area.Iova, area.LengthBytes));
            unmapped.Add(area);
        }
        if (unmapped.Count == 0 && errno == Errno.None && !all) errno = Errno.ENOENT;
        return new Unmapping(errno, unmapped);
    }

    /// <summary>The invalidations that must be done before unmapped pages may be used for something else.</summary>
    public IEnumerable<CommandBatch> Flush(IReadOnlyList<Area> unmapped)
    {
        foreach (var area in unmapped)
            foreach (var domain in _domains)
                foreach (var batch in domain.Flush(area.Iova, area.LengthBytes))
                    yield return batch;
    }

    public void Unpin(IReadOnlyList<Area> unmapped)
    {
        foreach (var area in unmapped)
            if (_pinned.Remove(area.Iova, out var frames)) memory.Unpin(frames);
    }

    /// <summary>Makes a domain hold every area (iopt_table_add_domain).</summary>
    /// <returns>EADDRINUSE when an area does not fit the domain's pages or aperture; ENOMEM, EFAULT. Nothing is left then.</returns>
    public Errno AddDomain(IPagingDomain domain)
    {
        var smallestPage = domain.PageSizes & (~domain.PageSizes + 1);
        foreach (var area in _areas.Areas)
            if (((area.Iova | area.LengthBytes | area.UserAddress) & (smallestPage - 1)) != 0 || area.Last > domain.ApertureLast)
                return Errno.EADDRINUSE;

        for (var i = 0; i < _areas.Count; i++)
        {
            var errno = Fill(_areas.Areas[i], [domain]);
            if (errno == Errno.None) continue;
            Withdraw(domain, _areas.Areas.Take(_pinned.ContainsKey(_areas.Areas[i].Iova) ? i + 1 : i));
            return errno;
        }
        _domains.Add(domain);
        return Errno.None;
    }

    /// <summary>Empties a domain that no device is attached to; the last one gone, pages are unpinned.</summary>
    public void RemoveDomain(IPagingDomain domain)
    {
        if (_domains.Remove(domain)) Withdraw(domain, _areas.Areas);
    }

    private void Withdraw(IPagingDomain domain, IEnumerable<Area> areas)
    {
        foreach (var area in areas)
        {
            domain.Unmap(area.Iova, area.LengthBytes);
            if (_domains.Count == 0 && _pinned.Remove(area.Iova, out var frames)) memory.Unpin(frames);
        }
    }

    /// <summary>In the kernel's order: iopt_alloc_user_pages, then iopt_alloc_area_pages.</summary>
    private Result<Area> CheckMap(IoasMap call)
    {
        if (call.UserAddress + call.LengthBytes < call.UserAddress) return Errno.EOVERFLOW;
        if (call.LengthBytes is 0 or > ulong.MaxValue - PageBytes) return Errno.EINVAL;
        if ((call.LengthBytes & (Alignment - 1)) != 0) return Errno.EINVAL;
        var iova = call.Flags.HasFlag(IoasMapFlags.FixedIova) ? CheckFixed(call) : ChooseIova(call);
        if (iova.Failed) return iova.Errno;
        var access = (call.Flags.HasFlag(IoasMapFlags.Readable) ? Access.Read : 0)
            | (call.Flags.HasFlag(IoasMapFlags.Writeable) ? Access.Write : 0);
        return new Area(iova.Value, call.LengthBytes, call.UserAddress, access);
    }

    private Result<ulong> CheckFixed(IoasMap call)
    {
        var last = unchecked(call.Iova + (call.LengthBytes - 1));
        if ((call.Iova & (Alignment - 1)) != 0) return Errno.EINVAL;
        if (last < call.Iova) return Errno.EOVERFLOW;
        if (last > ApertureLast) return Errno.EINVAL;
        if (IsReserved(call.Iova, last)) return Errno.EINVAL;
        if (_areas.AnyIn(call.Iova, last)) return Errno.EEXIST;
        return (call.UserAddress & (Alignment - 1)) != 0 ? Errno.EINVAL : call.Iova;
    }

    /// <summary>The lowest hole, never at 0, in the page offset of the memory and aligned to as large a page as the length holds.</summary>
    private Result<ulong> ChooseIova(IoasMap call)
    {
        if (call.LengthBytes >= ulong.MaxValue / 2) return Errno.EOVERFLOW;
        if ((call.UserAddress & (Alignment - 1)) != 0) return Errno.EINVAL;
        var last = Math.Min(ApertureLast, ulong.MaxValue - PageBytes);
        var wish = _domains.Count == 0 ? PageBytes : LargestPageIn(call.LengthBytes);
        var hole = _areas.FindHole(call.LengthBytes, wish, call.UserAddress, PageBytes, last)
            ?? _areas.FindHole(call.LengthBytes, PageBytes, call.UserAddress, PageBytes, last);
        return hole is { } iova ? iova : Errno.ENOSPC;
    }

    private ulong LargestPageIn(ulong lengthBytes)
    {
        var sizes = _domains.Aggregate(ulong.MaxValue, (both, domain) => both & domain.PageSizes);
        var fitting = sizes & (lengthBytes | (lengthBytes - 1));
        for (var bit = 63; bit >= 0; bit--)
            if ((fitting & (1UL << bit)) != 0 && 1UL << bit <= lengthBytes) return 1UL << bit;
        return PageBytes;
    }

    /// <summary>Pins the area's pages if they are not, and maps them in each domain; on error what was done stays.</summary>
    private Errno Fill(Area area, IReadOnlyList<IPagingDomain> domains)
    {
        if (!_pinned.TryGetValue(area.Iova, out var frames))
        {
            var pinned = Pin(area);
            if (pinned.Failed) return pinned.Errno;
            _pinned[area.Iova] = frames = pinned.Value!;
        }
        foreach (var domain in domains)
        {
            var errno = MapFrames(domain, area, frames);
            if (errno != Errno.None) return errno;
        }
        return Errno.None;
    }

    /// <summary>Piece by piece: the length that a caller asks for is no measure of the memory that the process has.</summary>
    private Result<ulong[]> Pin(Area area)
    {
        var pages = area.LengthBytes / PageBytes;
        if (pages > (ulong)Array.MaxLength) return Errno.ENOMEM;
        ulong[] frames = [];
        while ((ulong)frames.Length < pages)
        {
            var pinned = frames.Length;
            Array.Resize(ref frames, (int)Math.Min(pages, Math.Max(PinPagesFirst, 2 * (ulong)pinned)));
            var errno = memory.Pin(area.UserAddress + (ulong)pinned * PageBytes, frames.AsSpan(pinned));
            if (errno == Errno.None) continue;
            memory.Unpin(frames.AsSpan(0, pinned));
            return errno;
        }
        return frames;
    }

    /// <summary>Physically contiguous runs are mapped at once, so that the domain can use large pages.</summary>
    private static Errno MapFrames(IPagingDomain domain, Area area, ulong[] frames)
    {
        for (var start = 0; start < frames.Length;)
        {
            var end = start + 1;
            while (end < frames.Length && frames[end] == frames[end - 1] + PageBytes) end++;
            var errno = domain.Map(
                area.Iova + (ulong)start * PageBytes, frames[start], (ulong)(end - start) * PageBytes, area.Access);
            if (errno != Errno.None) return errno;
            start = end;
        }
        return Errno.None;
    }
}

/// <summary>What IOAS_MAP came to: what happened, or why not, and then the areas that must be flushed before they are unpinned.</summary>
public readonly record struct Mapping(Errno Errno, AreaMapped? Mapped, IReadOnlyList<Area> Undone);

/// <summary>What IOAS_UNMAP came to: areas taken out, and the errno that ended it.</summary>
public readonly record struct Unmapping(Errno Errno, IReadOnlyList<Area> Areas)
{
    public ulong LengthBytes => Areas.Aggregate(0UL, (sum, area) => sum + area.LengthBytes);
}
