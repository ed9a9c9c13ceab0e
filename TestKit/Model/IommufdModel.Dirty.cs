using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Model;

/// <summary>
/// SET_DIRTY_TRACKING and GET_DIRTY_BITMAP (hw_pagetable.c, io_pagetable.c). No device of the model writes, so that no page is dirty.
/// </summary>
internal sealed partial class IommufdModel
{
    private Answer SetDirtyTracking(HwptSetDirtyTracking call)
    {
        if ((call.Flags & ~DirtyTrackingFlags.Enable) != 0) return Errno.EOPNOTSUPP;
        if (Lookup<PagingObject>(call.Hwpt) is not { } hwpt) return Errno.ENOENT;
        if (!hwpt.Flags.HasFlag(HwptAllocFlags.DirtyTracking)) return Errno.EOPNOTSUPP;
        Set(call.Hwpt, hwpt with { Tracking = call.Flags.HasFlag(DirtyTrackingFlags.Enable) });
        return Answer.Success;
    }

    private Answer GetDirtyBitmap(HwptGetDirtyBitmap call)
    {
        if ((call.Flags & ~DirtyBitmapFlags.NoClear) != 0) return Errno.EOPNOTSUPP;
        if (Lookup<PagingObject>(call.Hwpt) is not { } hwpt) return Errno.ENOENT;
        if (call.LengthBytes == 0) return Errno.EINVAL;
        if (call.Iova > ulong.MaxValue - (call.LengthBytes - 1)) return Errno.EOVERFLOW;
        var end = unchecked(call.Iova + call.LengthBytes);
        if (((call.Iova | end) & (Alignment(hwpt.Ioas) - 1)) != 0) return Errno.EINVAL;
        if (call.PageSizeBytes == 0 || ((call.Iova | end) & (call.PageSizeBytes - 1)) != 0) return Errno.EINVAL;
        if (!hwpt.Flags.HasFlag(HwptAllocFlags.DirtyTracking)) return Errno.EOPNOTSUPP;
        var bits = call.LengthBytes / call.PageSizeBytes;
        return new DirtyBitmapAnswer(Errno.None, new byte[(bits + 7) / 8]);
    }
}
