namespace Iommu.Messages;

/// <summary>
/// VFIO_SET_IOMMU: ENODEV no compatibility IOAS, EINVAL a type other than 1 (TYPE1) and 3 (TYPE1v2). TYPE1 switches large pages off.
/// </summary>
public sealed record VfioSetIommu(uint Type) : Call;

/// <summary>VFIO_CHECK_EXTENSION. The answer's value is 1 or 0. ENODEV for VFIO_DMA_CC_IOMMU without a compatibility IOAS.</summary>
public sealed record VfioCheckExtension(uint Extension) : Call;

/// <summary>VFIO_IOMMU_GET_INFO. Answered by <see cref="VfioInfoAnswer"/>. ENODEV no compatibility IOAS.</summary>
public sealed record VfioGetInfo : Call;

/// <summary>Page sizes, a bit each, and the usable ranges of IOVAs.</summary>
public sealed record VfioInfoAnswer(Errno Errno, ulong PageSizes, IReadOnlyList<IovaRange> Ranges) : Answer(Errno);

/// <summary>
/// VFIO_IOMMU_MAP_DMA into the compatibility IOAS, at a fixed IOVA. Errnos of <see cref="IoasMap"/>, and ENODEV.
/// </summary>
public sealed record VfioMapDma(bool Read, bool Write, ulong UserAddress, ulong Iova, ulong LengthBytes) : Call;

/// <summary>
/// VFIO_IOMMU_UNMAP_DMA. The answer's value is the number of bytes unmapped, on an error too. With large pages off the range cuts areas;
/// else those that it would cut are refused (ENOENT). EINVAL <paramref name="All"/> with a range; ENODEV.
/// </summary>
public sealed record VfioUnmapDma(ulong Iova, ulong LengthBytes, bool All = false) : Call;
