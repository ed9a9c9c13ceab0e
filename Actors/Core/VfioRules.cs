using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Core;

/// <summary>What VFIO's type 1 interface has, takes and says of an IOAS (vfio_compat.c).</summary>
internal static class VfioRules
{
    private const ulong SmallPageBytes = 4096;

    /// <summary>iommufd_vfio_check_extension: whether there is such an extension; null when the IOAS must be asked.</summary>
    public static bool? Has(VfioExtension extension, bool noIommu) => extension switch
    {
        VfioExtension.Type1 or VfioExtension.Type1V2 or VfioExtension.UnmapAll => !noIommu,
        VfioExtension.NoIommu => true,
        VfioExtension.DmaCc => null,
        _ => false,
    };

    /// <summary>iommufd_vfio_set_iommu, what comes before the IOAS is looked up. In no-IOMMU mode that is all there is to it.</summary>
    public static Errno SetIommu(VfioExtension type, bool noIommu, UserProcess process)
    {
        if (!noIommu) return type is VfioExtension.Type1 or VfioExtension.Type1V2 ? Errno.None : Errno.EINVAL;
        if (type != VfioExtension.NoIommu) return Errno.EINVAL;
        return process.Has(ProcessCapabilities.SysRawio) ? Errno.None : Errno.EPERM;
    }

    /// <summary>iommufd_vfio_unmap_dma, what comes before anything is cut: all of it has no range.</summary>
    public static Errno UnmapAll(VfioUnmapDma call) =>
        call.All && (call.Iova | call.LengthBytes) != 0 ? Errno.EINVAL : Errno.None;

    /// <summary>
    /// iommufd_vfio_unmap_dma: after which IOVAs areas are cut, in that order, before a part is unmapped without large pages.
    /// </summary>
    public static IReadOnlyList<ulong> Cuts(VfioUnmapDma call)
    {
        var last = unchecked(call.Iova + call.LengthBytes - 1);
        return call.Iova == 0 ? [last] : [last, call.Iova - 1];
    }

    /// <summary>What is unmapped. EINVAL length 0, EOVERFLOW.</summary>
    public static Result<IovaRange> UnmapRange(VfioUnmapDma call)
    {
        if (call.All) return new IovaRange(0, ulong.MaxValue);
        if (call.LengthBytes == 0) return Errno.EINVAL;
        var last = unchecked(call.Iova + (call.LengthBytes - 1));
        return last < call.Iova ? Errno.EOVERFLOW : new IovaRange(call.Iova, last);
    }

    /// <summary>
    /// iommufd_get_pagesizes: whole pages, from the smallest that can be mapped on; what is smaller counts as a page.
    /// </summary>
    /// <param name="sizes">What every domain can map, a bit for each size.</param>
    /// <param name="alignmentBytes">What an IOVA must be aligned to.</param>
    public static ulong PageSizes(ulong sizes, ulong alignmentBytes)
    {
        if ((sizes & (SmallPageBytes - 1)) != 0) sizes = sizes & ~(SmallPageBytes - 1) | SmallPageBytes;
        return Math.Max(sizes, alignmentBytes);
    }
}
