using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Model;

/// <summary>The calls of VFIO's type 1, on one IOAS of the context (vfio_compat.c).</summary>
internal sealed partial class IommufdModel
{
    private const uint Type1 = 1;
    private const uint Type1V2 = 3;
    private const uint DmaCacheCoherent = 4;
    private const uint UnmapAll = 9;

    private IoasObject? Compat => Lookup<IoasObject>(State.VfioIoas);

    private Answer SetIommu(VfioSetIommu call)
    {
        if (call.Type is not (Type1 or Type1V2)) return Errno.EINVAL;
        if (Compat is null) return Errno.ENODEV;
        return call.Type == Type1 ? SetLargePages(State.VfioIoas, false) : Answer.Success;
    }

    private Answer CheckExtension(VfioCheckExtension call) => call.Extension switch
    {
        Type1 or Type1V2 or UnmapAll => new Answer(Errno.None, 1),
        DmaCacheCoherent when Compat is null => Errno.ENODEV,
        DmaCacheCoherent => new Answer(Errno.None, Compat.Hwpts.IsEmpty ? 1UL : 0),
        _ => new Answer(Errno.None, 0),
    };

    private Answer VfioInfo()
    {
        if (Compat is not { } ioas) return Errno.ENODEV;
        var sizes = ioas.Hwpts.Aggregate(ulong.MaxValue, (all, hwpt) => all & Find<PagingObject>(hwpt)!.Limits.PageSizes);
        if ((sizes & (ModelState.PageBytes - 1)) != 0) sizes = (sizes & ~(ModelState.PageBytes - 1)) | ModelState.PageBytes;
        sizes = Math.Max(sizes, Alignment(State.VfioIoas));
        return new VfioInfoAnswer(Errno.None, sizes, Ranges.Holes(Reserved(State.VfioIoas), 0, ulong.MaxValue));
    }

    private Answer MapDma(VfioMapDma call)
    {
        if (Compat is null) return Errno.ENODEV;
        var flags = IoasMapFlags.FixedIova | (call.Read ? IoasMapFlags.Readable : 0) | (call.Write ? IoasMapFlags.Writeable : 0);
        var mapped = MapUser(State.VfioIoas, flags, call.UserAddress, call.LengthBytes, call.Iova);
        return mapped.Errno == Errno.None ? Answer.Success : mapped;
    }

    private Answer UnmapDma(VfioUnmapDma call)
    {
        if (Compat is not { } ioas) return Errno.ENODEV;
        if (call.All)
            return call.Iova != 0 || call.LengthBytes != 0 ? Errno.EINVAL : UnmapRange(State.VfioIoas, new IovaRange(0, ulong.MaxValue));
        if (!ioas.LargePages)
        {
            var errno = Cut(unchecked(call.Iova + call.LengthBytes - 1));
            if (errno == Errno.None && call.Iova != 0) errno = Cut(call.Iova - 1);
            if (errno != Errno.None) return errno;
        }
        if (call.LengthBytes == 0) return Errno.EINVAL;
        if (call.Iova > ulong.MaxValue - (call.LengthBytes - 1)) return Errno.EOVERFLOW;
        return UnmapRange(State.VfioIoas, new IovaRange(call.Iova, call.Iova + (call.LengthBytes - 1)));
    }

    /// <summary>The area that holds an IOVA ends with it from now on, and another one begins after it (iopt_area_split).</summary>
    private Errno Cut(ulong last)
    {
        var ioas = Compat!;
        if (ioas.Areas.Values.FirstOrDefault(area => area.Iova <= last && last <= area.Last) is not { } area) return Errno.None;
        if (last == area.Iova || last == area.Last) return Errno.None;
        if (area.NoAccess) return Errno.EBUSY;
        var mask = Alignment(State.VfioIoas) - 1;
        var offset = last + 1 - area.Iova;
        if (((last + 1) & mask) != 0 || ((area.Address + offset) & mask) != 0) return Errno.EINVAL;
        if (Pinning(State.VfioIoas, area).Count > 0) return Errno.EINVAL;
        var first = area with { LengthBytes = offset };
        var second = area with { Iova = last + 1, LengthBytes = area.LengthBytes - offset, Address = area.Address + offset };
        Set(State.VfioIoas, ioas with { Areas = ioas.Areas.SetItem(first.Iova, first).Add(second.Iova, second) });
        return Errno.None;
    }
}
