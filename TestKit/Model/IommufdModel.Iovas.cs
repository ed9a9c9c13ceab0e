using System.Numerics;
using Iommu.Messages;

namespace Iommu.TestKit.Model;

/// <summary>Which IOVAs of an IOAS are usable, which are chosen, and what is filled (io_pagetable.c).</summary>
internal sealed partial class IommufdModel
{
    private const ulong HugePageBytes = 1 << 21;

    /// <summary>What nothing may be mapped to: outside of a domain's aperture, or reserved for an attached device.</summary>
    private List<IovaRange> Reserved(ObjectId ioas)
    {
        var reserved = new List<IovaRange>();
        foreach (var hwpt in Find<IoasObject>(ioas)!.Hwpts) reserved.AddRange(Outside(Find<PagingObject>(hwpt)!.Limits));
        foreach (var ((_, pasid), attached) in State.Attachments)
            if (pasid == 0 && IoasBelow(attached.Hwpt) == ioas)
                foreach (var device in attached.Devices) reserved.AddRange(Physical(new ObjectId(device)).Reserved);
        return Ranges.Join(reserved);
    }

    private static IEnumerable<IovaRange> Outside(PagingLimits limits)
    {
        if (limits.ApertureFirst != 0) yield return new IovaRange(0, limits.ApertureFirst - 1);
        if (limits.ApertureLast != ulong.MaxValue) yield return new IovaRange(limits.ApertureLast + 1, ulong.MaxValue);
    }

    /// <summary>What IOVAs, lengths and page offsets are multiples of: the strictest of what the IOAS has.</summary>
    private ulong Alignment(ObjectId id)
    {
        var ioas = Find<IoasObject>(id)!;
        var alignment = ioas.LargePages ? 1 : ModelState.PageBytes;
        if (State.Objects.Values.Any(other => other is PinningObject { PinsPages: true } pinning && pinning.Ioas == id))
            alignment = ModelState.PageBytes;
        foreach (var hwpt in ioas.Hwpts) alignment = Math.Max(alignment, Find<PagingObject>(hwpt)!.Limits.SmallestPage);
        return alignment;
    }

    /// <summary>Whether a range can be reserved: no area and no allowed range is in it (iopt_reserve_iova).</summary>
    private static bool IsReservable(IoasObject ioas, IovaRange range) =>
        !ioas.Areas.Values.Any(area => area.Range.Meets(range)) && !range.MeetsAny(ioas.Allowed);

    private bool CanReserve(ObjectId hwpt, ObjectId device) =>
        Physical(device).Reserved.All(range => IsReservable(Find<IoasObject>(IoasBelow(hwpt))!, range));

    /// <summary>Puts every area of its IOAS into the domain of a new HWPT (iopt_table_add_domain).</summary>
    private Errno Fill(ObjectId hwpt)
    {
        var domain = Find<PagingObject>(hwpt)!;
        var ioas = Find<IoasObject>(domain.Ioas)!;
        var alignment = Math.Max(domain.Limits.SmallestPage, Alignment(domain.Ioas));
        if (alignment > ModelState.PageBytes) return Errno.EINVAL;
        if (alignment != Alignment(domain.Ioas) && !ioas.Areas.Values.All(area => IsAligned(area, alignment))) return Errno.EADDRINUSE;
        if (!Outside(domain.Limits).All(range => IsReservable(ioas, range))) return Errno.EADDRINUSE;
        foreach (var area in ioas.Areas.Values)
            if (Fill(domain, area) is var errno and not Errno.None) return errno;
        Set(domain.Ioas, ioas with { Hwpts = ioas.Hwpts.Add(hwpt) });
        return Errno.None;
    }

    /// <summary>
    /// An area in a domain. Only the first IOVA of a copy and the length of the whole are aligned to the pages of the domains that there
    /// are: areas of an IOAS that had none to align to meet anywhere.
    /// </summary>
    private Errno Fill(PagingObject domain, ModelArea area) => Pin(area) is var errno and not Errno.None ? errno
        : IsAligned(area, domain.Limits.SmallestPage) ? Errno.None : domain.Iommu.Misaligned;

    private static bool IsAligned(ModelArea area, ulong alignment) =>
        ((area.Iova | area.LengthBytes | (area.Address % ModelState.PageBytes)) & (alignment - 1)) == 0;

    private Errno Pin(ModelArea area) => machine.HasMemory(area.Address, area.LengthBytes) ? Errno.None : Errno.EFAULT;

    /// <summary>Pages of memory that are pinned: once for all areas and accesses that share them.</summary>
    public long Pins()
    {
        var pinned = new HashSet<(int, ulong)>();
        foreach (var value in State.Objects.Values)
        {
            if (value is IoasObject { Hwpts.IsEmpty: false } ioas)
                foreach (var area in ioas.Areas.Values) Count(area.Pages, area.Address, area.LengthBytes);
            if (value is PinningObject pinning)
                foreach (var slice in pinning.Pinned.SelectMany(range => SlicesOf(Find<IoasObject>(pinning.Ioas)!, range)))
                    Count(slice.Pages, slice.Address, slice.LengthBytes);
        }
        return pinned.Count;

        void Count(ModelPages pages, ulong address, ulong lengthBytes)
        {
            for (var page = address / ModelState.PageBytes; page <= (address + (lengthBytes - 1)) / ModelState.PageBytes; page++)
                pinned.Add((pages.Number, page));
        }
    }

    /// <summary>iopt_check_iova.</summary>
    private Errno CheckIova(ObjectId ioas, ulong iova, ulong lengthBytes)
    {
        if ((iova & (Alignment(ioas) - 1)) != 0) return Errno.EINVAL;
        if (iova > ulong.MaxValue - (lengthBytes - 1)) return Errno.EOVERFLOW;
        var range = new IovaRange(iova, iova + (lengthBytes - 1));
        if (range.MeetsAny(Reserved(ioas))) return Errno.EINVAL;
        return Find<IoasObject>(ioas)!.Areas.Values.Any(area => area.Range.Meets(range)) ? Errno.EEXIST : Errno.None;
    }

    /// <summary>
    /// The lowest room, in the page offset of the memory and aligned as the memory is and as the length asks, at most to a large page
    /// (iopt_alloc_iova). Never 0, and neither the first page nor the last.
    /// </summary>
    private Result<ulong> ChooseIova(ObjectId id, ulong address, ulong lengthBytes)
    {
        if (lengthBytes is 0 or >= ulong.MaxValue / 2) return Errno.EOVERFLOW;
        var alignment = BitOperations.RoundUpToPowerOf2(lengthBytes);
        if (address != 0) alignment = Math.Min(alignment, address & (~address + 1));
        alignment = Math.Min(alignment, HugePageBytes);
        if (alignment < Alignment(id)) return Errno.EINVAL;

        var ioas = Find<IoasObject>(id)!;
        var all = new IovaRange(ModelState.PageBytes, ulong.MaxValue - ModelState.PageBytes);
        var used = Ranges.Join([.. Reserved(id), .. ioas.Areas.Values.Select(area => area.Range)]);
        foreach (var allowed in ioas.Allowed.IsEmpty ? [all] : Ranges.Join(ioas.Allowed).Where(range => range.Meets(all)))
        {
            var within = new IovaRange(Math.Max(allowed.Start, all.Start), Math.Min(allowed.Last, all.Last));
            if (Fit(within) is not { } first) continue;
            foreach (var hole in Ranges.Holes(used, first, within.Last))
                if (Fit(hole) is { } iova) return iova;
        }
        return Errno.ENOSPC;

        ulong? Fit(IovaRange room)
        {
            if (room.Start > ulong.MaxValue - (alignment - 1)) return null;
            var start = ((room.Start + (alignment - 1)) & ~(alignment - 1)) | (address % ModelState.PageBytes);
            return start < room.Last && room.Last - start >= lengthBytes - 1 ? start : null;
        }
    }
}
