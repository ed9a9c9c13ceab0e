using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Model;

/// <summary>The calls of VFIO's type 1, on one IOAS of the context (vfio_compat.c).</summary>
internal sealed partial class IommufdModel
{
    private IoasObject? Compat => Lookup<IoasObject>(State.VfioIoas);

    /// <summary>The first group: it makes the IOAS, or turns the context to no-IOMMU mode, and never both.</summary>
    private Answer AttachGroup(VfioAttachGroup call)
    {
        if (call.NoIommu)
        {
            if (State.VfioIoas != ObjectId.None) return Errno.EINVAL;
            State = State with { NoIommu = true };
            return Answer.Success;
        }
        if (State.NoIommu) return Errno.EINVAL;
        if (Compat is not null) return State.VfioIoas;
        var id = Add(new IoasObject());
        State = State with { VfioIoas = id };
        return id;
    }

    private Answer SetIommu(VfioSetIommu call)
    {
        if (call.Type == VfioExtension.NoIommu && State.NoIommu)
            return (machine.Capabilities & ProcessCapabilities.SysRawio) == 0 ? Errno.EPERM : Errno.None;
        if (State.NoIommu || call.Type is not (VfioExtension.Type1 or VfioExtension.Type1V2)) return Errno.EINVAL;
        if (Compat is null) return Errno.ENODEV;
        return call.Type == VfioExtension.Type1 ? SetLargePages(State.VfioIoas, false) : Answer.Success;
    }

    private Answer CheckExtension(VfioCheckExtension call) => call.Extension switch
    {
        VfioExtension.Type1 or VfioExtension.Type1V2 or VfioExtension.UnmapAll => new Answer(Errno.None, State.NoIommu ? 0UL : 1),
        VfioExtension.NoIommu => new Answer(Errno.None, 1),
        VfioExtension.DmaCc when Compat is null => Errno.ENODEV,
        VfioExtension.DmaCc => new Answer(Errno.None, Compat.Hwpts.IsEmpty ? 1UL : 0),
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
