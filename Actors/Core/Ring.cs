using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Core;

/// <summary>The whole pages that the ring of a hardware queue lies in (viommu.c, iommufd_hw_queue_alloc_phys).</summary>
/// <param name="Iova">The first page.</param>
/// <param name="LengthBytes">Whole pages.</param>
/// <param name="OffsetBytes">Where the ring begins in the first page.</param>
/// <remarks>By identity it is what accesses the IOAS: two rings may lie in the same pages.</remarks>
internal sealed record Ring(ulong Iova, ulong LengthBytes, ulong OffsetBytes)
{
    private const ulong PageBytes = 4096;

    // The kernel's array of page pointers may not be larger than this (kvmalloc).
    private const ulong PagesMax = int.MaxValue / 8;

    /// <summary>viommu.c, iommufd_hw_queue_alloc_ioctl, what comes before any object is looked up.</summary>
    public static Errno Check(HwQueueAlloc call)
    {
        if (call.Flags != 0 || call.Type == HwQueueType.Default) return Errno.EOPNOTSUPP;
        if (call.LengthBytes == 0) return Errno.EINVAL;
        return call.LengthBytes - 1 > ulong.MaxValue - call.Iova ? Errno.EOVERFLOW : Errno.None;
    }

    /// <returns>ERANGE when rounding to pages passes 2^64; ENOMEM more pages than can be listed.</returns>
    public static Result<Ring> Of(HwQueueAlloc call)
    {
        var offset = call.Iova & (PageBytes - 1);
        if (call.LengthBytes > ulong.MaxValue - offset - (PageBytes - 1)) return Errno.ERANGE;
        var pages = (offset + call.LengthBytes + (PageBytes - 1)) / PageBytes;
        return pages > PagesMax ? Errno.ENOMEM : new Ring(call.Iova - offset, pages * PageBytes, offset);
    }

    /// <summary>Where hardware finds the ring.</summary>
    /// <param name="frames">The physical pages, one for each of the ring's.</param>
    /// <returns>EFAULT when they are not contiguous.</returns>
    public Result<ulong> BaseIn(IReadOnlyList<ulong> frames)
    {
        for (var i = 1; i < frames.Count; i++)
            if (frames[i] != frames[i - 1] + PageBytes) return Errno.EFAULT;
        return frames[0] + OffsetBytes;
    }
}
