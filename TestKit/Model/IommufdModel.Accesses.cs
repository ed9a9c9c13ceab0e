using System.Collections.Immutable;
using Iommu.Messages;

namespace Iommu.TestKit.Model;

/// <summary>
/// Accesses (device.c, the second half). A driver that is told of an unmap lets go of the pages at once, unless it is one that never
/// does; a hardware queue is never told, and keeps the areas under its ring.
/// </summary>
internal sealed partial class IommufdModel
{
    private Answer AttachAccess(AccessAttach call)
    {
        if (Lookup<AccessObject>(call.Access) is not { } access) return Errno.ENOENT;
        if (access.Ioas != ObjectId.None) return Errno.EINVAL;
        return Lookup<IoasObject>(call.Ioas) is null ? Errno.ENOENT : Join(call.Access, call.Ioas);
    }

    private Answer ReplaceAccess(AccessReplace call)
    {
        if (Lookup<AccessObject>(call.Access) is not { } access || access.Ioas == ObjectId.None) return Errno.ENOENT;
        if (Lookup<IoasObject>(call.Ioas) is null) return Errno.ENOENT;
        return access.Ioas == call.Ioas ? Errno.None : Join(call.Access, call.Ioas);
    }

    private Answer DetachAccess(AccessDetach call)
    {
        if (Lookup<AccessObject>(call.Access) is not { } access) return Errno.ENOENT;
        if (access.Ioas == ObjectId.None) return Errno.EINVAL;
        Set(call.Access, access with { Ioas = ObjectId.None, Pinned = [] });
        return Answer.Success;
    }

    private Answer DestroyAccess(AccessDestroy call)
    {
        if (Lookup<AccessObject>(call.Access) is null) return Errno.ENOENT;
        Remove(call.Access);
        return Answer.Success;
    }

    /// <summary>iopt_add_access: an access that pins asks for aligned areas. What it had pinned on another IOAS it lets go.</summary>
    private Errno Join(ObjectId id, ObjectId ioas)
    {
        var pinning = Find<PinningObject>(id)!;
        var alignment = Math.Max(pinning.PinsPages ? ModelState.PageBytes : 1, Alignment(ioas));
        if (alignment > Alignment(ioas) && !Find<IoasObject>(ioas)!.Areas.Values.All(area => IsAligned(area, alignment)))
            return Errno.EADDRINUSE;
        Set(id, pinning with { Ioas = ioas, Pinned = [] });
        return Errno.None;
    }

    private Answer PinPages(AccessPin call)
    {
        if (Lookup<AccessObject>(call.Access) is not { } access) return Errno.ENOENT;
        if (!access.PinsPages || call.LengthBytes == 0) return Errno.EINVAL;
        if (call.Iova > ulong.MaxValue - (call.LengthBytes - 1)) return Errno.EOVERFLOW;
        var errno = PinRange(call.Access, call.Iova, call.LengthBytes, call.Write);
        return errno == Errno.None ? new PagesAnswer(Errno.None, [.. Frames(access.Ioas, call.Iova, call.LengthBytes)]) : errno;
    }

    /// <summary>iommufd_access_pin_pages: area by area, and the first one that will not do decides.</summary>
    private Errno PinRange(ObjectId id, ulong iova, ulong lengthBytes, bool write)
    {
        var pinning = Find<PinningObject>(id)!;
        if (pinning.Ioas == ObjectId.None) return Errno.ENOENT;
        var errno = Walk(pinning.Ioas, iova, lengthBytes, write, aligned: true);
        if (errno != Errno.None) return errno;
        Set(id, pinning with { Pinned = pinning.Pinned.Add(new IovaRange(iova, iova + (lengthBytes - 1))) });
        return Errno.None;
    }

    private Answer UnpinPages(AccessUnpin call)
    {
        if (Lookup<AccessObject>(call.Access) is not { } access) return Errno.ENOENT;
        if (access.Ioas == ObjectId.None || call.LengthBytes == 0) return Errno.EINVAL;
        if (call.Iova > ulong.MaxValue - (call.LengthBytes - 1)) return Errno.EOVERFLOW;
        var range = new IovaRange(call.Iova, call.Iova + (call.LengthBytes - 1));
        if (!access.Pinned.Contains(range)) return Errno.EINVAL;
        Set(call.Access, access with { Pinned = access.Pinned.Remove(range) });
        return Answer.Success;
    }

    private Answer Read(AccessRead call)
    {
        var errno = CheckRw(call.Access, call.Iova, call.LengthBytes, write: false);
        return errno == Errno.None ? new BytesAnswer(Errno.None, new byte[call.LengthBytes]) : errno;
    }

    private Errno CheckRw(ObjectId id, ulong iova, ulong lengthBytes, bool write)
    {
        if (Lookup<AccessObject>(id) is not { } access) return Errno.ENOENT;
        if (lengthBytes == 0) return Errno.EINVAL;
        if (iova > ulong.MaxValue - (lengthBytes - 1)) return Errno.EOVERFLOW;
        return access.Ioas == ObjectId.None ? Errno.ENOENT : Walk(access.Ioas, iova, lengthBytes, write, aligned: false);
    }

    /// <summary>What the first area of a range that will not do is refused with.</summary>
    private Errno Walk(ObjectId ioas, ulong iova, ulong lengthBytes, bool write, bool aligned)
    {
        var right = write ? Messages.Uapi.IoasMapFlags.Writeable : Messages.Uapi.IoasMapFlags.Readable;
        var last = iova + (lengthBytes - 1);
        var next = iova;
        foreach (var area in Find<IoasObject>(ioas)!.Areas.Values.Where(area => area.Last >= iova && area.Iova <= last))
        {
            if (area.Iova > next || area.IsGoing) return Errno.ENOENT;
            var start = area.Address + (next - area.Iova);
            var end = Math.Min(area.Last, last);
            if (area.NoAccess) return Errno.EINVAL;
            if (aligned && (start % ModelState.PageBytes != 0
                || (end != last && (area.Address + area.LengthBytes) % ModelState.PageBytes != 0))) return Errno.EINVAL;
            if (!area.Rights.HasFlag(right)) return Errno.EPERM;
            if (Pin(area with { Address = start, LengthBytes = end - next + 1 }) is var errno and not Errno.None) return errno;
            if (end == last) return Errno.None;
            next = end + 1;
        }
        return Errno.ENOENT;
    }

    /// <summary>What has pinned a page of an area.</summary>
    private List<ObjectId> Pinning(ObjectId ioas, ModelArea area) =>
    [
        .. from entry in State.Objects
        where entry.Value is PinningObject pinning && pinning.Ioas == ioas && area.Range.MeetsAny(pinning.Pinned)
        select new ObjectId(entry.Key),
    ];

    /// <summary>
    /// The next moment of an unmap whose first area accesses have pinned: nobody else gets in any more, and then their drivers let go.
    /// Null when nobody has to be asked.
    /// </summary>
    public IommufdModel? AskAccesses(IoasUnmap call, ulong from)
    {
        var last = call.LengthBytes == ulong.MaxValue ? ulong.MaxValue : unchecked(call.Iova + (call.LengthBytes - 1));
        if (from > last || Find<IoasObject>(call.Ioas) is not { } ioas) return null;
        var first = ioas.Areas.Values.FirstOrDefault(area => area.Range.Meets(new IovaRange(from, last)));
        if (first is null || first.IsGoing || first.Iova < from || first.Last > last) return null;
        if (IsLocked(call.Ioas, first) || Pinning(call.Ioas, first).Count == 0) return null;
        var asked = Fork();
        if (first.NoAccess) asked.NotifyUnmap(call.Ioas, first);
        else asked.Set(call.Ioas, ioas with { Areas = ioas.Areas.SetItem(first.Iova, first with { NoAccess = true }) });
        return asked;
    }

    private bool IsLocked(ObjectId ioas, ModelArea area) => Pinning(ioas, area).Any(id => Find<HwQueueObject>(id) is not null);

    /// <summary>The drivers are told that an area goes. True when all have let go of it.</summary>
    private bool NotifyUnmap(ObjectId ioas, ModelArea area)
    {
        foreach (var id in Pinning(ioas, area))
        {
            var access = Find<AccessObject>(id)!;
            if (access.NeverLetsGo) return false;
            Set(id, access with { Pinned = [.. access.Pinned.Where(range => !range.Meets(area.Range))] });
        }
        return true;
    }
}
