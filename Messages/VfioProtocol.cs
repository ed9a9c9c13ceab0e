using Iommu.Messages.Uapi;

namespace Iommu.Messages;

/// <summary>
/// A call of VFIO's type 1 interface (vfio_compat.c). It names no IOAS, but works on the one that <see cref="VfioIoas"/> set: ENODEV
/// without one.
/// </summary>
public abstract record VfioCall : Call;

/// <summary>
/// What VFIO does when the first group is attached to the container: a compatibility IOAS is made, unless there is one, and the answer's
/// value is its id (iommufd_vfio_compat_ioas_create). EINVAL in no-IOMMU mode.
/// </summary>
/// <param name="NoIommu">
/// The group has no IOMMU: the container is in no-IOMMU mode from now on (iommufd_vfio_compat_set_no_iommu). EINVAL with a compatibility
/// IOAS.
/// </param>
public sealed record VfioAttachGroup(bool NoIommu = false) : VfioCall;

/// <summary>
/// VFIO_SET_IOMMU. EINVAL a type other than 1 (TYPE1) and 3 (TYPE1v2), or in no-IOMMU mode. TYPE1 switches large pages off, and fails
/// as that does. In no-IOMMU mode 8 is the type to set, by who has CAP_SYS_RAWIO (EPERM).
/// </summary>
public sealed record VfioSetIommu(VfioExtension Type) : VfioCall;

/// <summary>VFIO_CHECK_EXTENSION. The answer's value is 1 or 0. Only VFIO_DMA_CC_IOMMU asks for a compatibility IOAS.</summary>
public sealed record VfioCheckExtension(VfioExtension Extension) : VfioCall;

/// <summary>VFIO_IOMMU_GET_INFO. Answered by <see cref="VfioInfoAnswer"/>.</summary>
public sealed record VfioGetInfo : VfioCall;

/// <summary>Page sizes, a bit each, and the usable ranges of IOVAs.</summary>
public sealed record VfioInfoAnswer(Errno Errno, ulong PageSizes, IReadOnlyList<IovaRange> Ranges) : Answer(Errno);

/// <summary>VFIO_IOMMU_MAP_DMA, at a fixed IOVA. Errnos of <see cref="IoasMap"/>; neither right is none that is refused.</summary>
public sealed record VfioMapDma(bool Read, bool Write, ulong UserAddress, ulong Iova, ulong LengthBytes) : VfioCall;

/// <summary>
/// VFIO_IOMMU_UNMAP_DMA. Answered by <see cref="VfioUnmapAnswer"/>, unless it fails before anything is unmapped. With large pages off the
/// range cuts areas, and fails as a cut does: EBUSY, EINVAL, EOPNOTSUPP. With large pages those that it would cut are refused (ENOENT).
/// A range with nothing in it is success, of 0 bytes. EINVAL <paramref name="All"/> with a range.
/// </summary>
public sealed record VfioUnmapDma(ulong Iova, ulong LengthBytes, bool All = false) : VfioCall;

/// <summary>Bytes unmapped, on an error too.</summary>
public sealed record VfioUnmapAnswer(Errno Errno, ulong LengthBytes) : Answer(Errno, LengthBytes);
