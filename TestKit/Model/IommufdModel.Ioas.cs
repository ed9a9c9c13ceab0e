using System.Collections.Immutable;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Model;

/// <summary>The calls of an IOAS (ioas.c, io_pagetable.c).</summary>
internal sealed partial class IommufdModel
{
    private const IoasMapFlags Rights = IoasMapFlags.Readable | IoasMapFlags.Writeable;

    private Answer Allow(IoasAllowIovas call)
    {
        if (Lookup<IoasObject>(call.Ioas) is not { } ioas) return Errno.ENOENT;
        var loaded = ImmutableList<IovaRange>.Empty;
        foreach (var range in call.Ranges)
        {
            if (range.Start >= range.Last || range.MeetsAny(loaded)) return Errno.EINVAL;
            loaded = loaded.Add(range);
        }
        if (Reserved(call.Ioas).Any(reserved => reserved.MeetsAny(loaded))) return Errno.EADDRINUSE;
        Set(call.Ioas, ioas with { Allowed = loaded });
        return Answer.Success;
    }

    private Answer UsableRanges(IoasIovaRanges call)
    {
        if (Lookup<IoasObject>(call.Ioas) is null) return Errno.ENOENT;
        var usable = Ranges.Holes(Reserved(call.Ioas), 0, ulong.MaxValue);
        var errno = usable.Count > call.RangesMax ? Errno.EMSGSIZE : Errno.None;
        return new IovaRangesAnswer(errno, usable, Alignment(call.Ioas));
    }

    private static Errno CheckMapCall(IoasMapFlags flags, params ulong[] below)
    {
        if ((flags & ~(IoasMapFlags.FixedIova | Rights)) != 0) return Errno.EOPNOTSUPP;
        if (below.Contains(ulong.MaxValue)) return Errno.EOVERFLOW;
        return (flags & Rights) == 0 ? Errno.EINVAL : Errno.None;
    }

    private Answer Map(IoasMap call)
    {
        var errno = CheckMapCall(call.Flags, call.Iova, call.LengthBytes);
        if (errno != Errno.None) return errno;
        if (Lookup<IoasObject>(call.Ioas) is null) return Errno.ENOENT;
        return MapUser(call.Ioas, call.Flags, call.UserAddress, call.LengthBytes, call.Iova);
    }

    /// <summary>iopt_map_user_pages.</summary>
    private Answer MapUser(ObjectId ioas, IoasMapFlags flags, ulong address, ulong lengthBytes, ulong iova)
    {
        if (address + lengthBytes < address) return Errno.EOVERFLOW;
        if (lengthBytes is 0 or > ulong.MaxValue - ModelState.PageBytes) return Errno.EINVAL;
        var pages = MakePages(null, flags);
        return MapSlices(ioas, flags, iova, [new Slice(pages, address, lengthBytes)]);
    }

    private ModelPages MakePages(int? file, IoasMapFlags flags)
    {
        State = State with { PagesMade = State.PagesMade + 1 };
        return new ModelPages(State.PagesMade, file, flags.HasFlag(IoasMapFlags.Writeable));
    }

    /// <summary>The source is taken apart into slices of its areas, which become areas of the destination.</summary>
    private Answer Copy(IoasCopy call)
    {
        var errno = CheckMapCall(call.Flags, call.LengthBytes, call.SourceIova, call.DestinationIova);
        if (errno != Errno.None) return errno;
        if (Lookup<IoasObject>(call.Source) is not { } source) return Errno.ENOENT;
        var slices = Slices(source, call.SourceIova, call.LengthBytes);
        if (slices.Failed) return slices.Errno;
        if (Lookup<IoasObject>(call.Destination) is null) return Errno.ENOENT;
        return MapSlices(call.Destination, call.Flags, call.DestinationIova, slices.Value!);
    }

    private static Result<List<Slice>> Slices(IoasObject ioas, ulong iova, ulong lengthBytes)
    {
        if (lengthBytes == 0) return Errno.EINVAL;
        if (iova > ulong.MaxValue - (lengthBytes - 1)) return Errno.EOVERFLOW;
        var slices = SlicesOf(ioas, new IovaRange(iova, iova + (lengthBytes - 1))).ToList();
        return slices.Aggregate(0UL, (sum, slice) => sum + slice.LengthBytes) == lengthBytes ? slices : Errno.ENOENT;
    }

    /// <summary>What is mapped of a range, in order.</summary>
    private static IEnumerable<Slice> SlicesOf(IoasObject ioas, IovaRange range)
    {
        foreach (var area in ioas.Areas.Values.Where(area => area.Range.Meets(range) && !area.IsGoing))
        {
            var first = Math.Max(area.Iova, range.Start);
            yield return new Slice(area.Pages, area.Address + (first - area.Iova), Math.Min(area.Last, range.Last) - first + 1);
        }
    }

    /// <summary>iopt_map_pages: one run of IOVAs for all slices, an area each.</summary>
    private Answer MapSlices(ObjectId id, IoasMapFlags flags, ulong fixedIova, IReadOnlyList<Slice> slices)
    {
        var lengthBytes = slices.Aggregate(0UL, (sum, slice) => sum + slice.LengthBytes);
        if ((lengthBytes & (Alignment(id) - 1)) != 0) return Errno.EINVAL;
        Result<ulong> chosen = fixedIova;
        if (!flags.HasFlag(IoasMapFlags.FixedIova)) chosen = ChooseIova(id, slices[0].Address, lengthBytes);
        else if (CheckIova(id, fixedIova, lengthBytes) is var errno and not Errno.None) return errno;
        if (chosen.Failed) return chosen.Errno;

        var ioas = Find<IoasObject>(id)!;
        var iova = chosen.Value;
        var added = new List<ModelArea>();
        foreach (var slice in slices)
        {
            if (flags.HasFlag(IoasMapFlags.Writeable) && !slice.Pages.Writable) return Errno.EPERM;
            if ((slice.Address % ModelState.PageBytes & (Alignment(id) - 1)) != 0) return Errno.EINVAL;
            added.Add(new ModelArea(iova, slice.LengthBytes, slice.Address, flags & Rights, slice.Pages));
            iova += slice.LengthBytes;
        }
        foreach (var area in added)
            foreach (var hwpt in ioas.Hwpts)
                if (Fill(Find<PagingObject>(hwpt)!, area) is var errno and not Errno.None) return errno;
        Set(id, ioas with { Areas = ioas.Areas.AddRange(added.Select(area => KeyValuePair.Create(area.Iova, area))) });
        return new Answer(Errno.None, chosen.Value);
    }

    /// <summary>Area by area, and what is unmapped stays unmapped (iopt_unmap_iova_range).</summary>
    private Answer Unmap(IoasUnmap call)
    {
        if (Lookup<IoasObject>(call.Ioas) is null) return Errno.ENOENT;
        var all = call is { Iova: 0, LengthBytes: ulong.MaxValue };
        if (all) return UnmapRange(call.Ioas, new IovaRange(0, ulong.MaxValue));
        if (call.Iova == ulong.MaxValue || call.LengthBytes == ulong.MaxValue) return Errno.EOVERFLOW;
        if (call.LengthBytes == 0) return Errno.EINVAL;
        if (call.Iova > ulong.MaxValue - (call.LengthBytes - 1)) return Errno.EOVERFLOW;
        var answer = UnmapRange(call.Ioas, new IovaRange(call.Iova, call.Iova + (call.LengthBytes - 1)));
        return answer is { Errno: Errno.None, Value: 0 } ? Errno.ENOENT : answer;
    }

    private Answer UnmapRange(ObjectId id, IovaRange range)
    {
        var unmapped = 0UL;
        foreach (var area in Find<IoasObject>(id)!.Areas.Values.Where(area => area.Range.Meets(range)))
        {
            if (area.IsGoing || IsLocked(id, area)) return new Answer(Errno.EBUSY, unmapped);
            if (area.Iova < range.Start || area.Last > range.Last) return new Answer(Errno.ENOENT, unmapped);
            if (!NotifyUnmap(id, area))
            {
                var kept = Find<IoasObject>(id)!;
                Set(id, kept with { Areas = kept.Areas.SetItem(area.Iova, area with { NoAccess = true }) });
                return new Answer(Errno.EDEADLK, unmapped);
            }
            var ioas = Find<IoasObject>(id)!;
            Set(id, ioas with { Areas = ioas.Areas.Remove(area.Iova) });
            unmapped += area.LengthBytes;
        }
        return new Answer(Errno.None, unmapped);
    }

    /// <summary>Bytes of one MAP call that become, or are, one area.</summary>
    internal sealed record Slice(ModelPages Pages, ulong Address, ulong LengthBytes);
}
