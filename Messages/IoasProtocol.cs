using Iommu.Messages.Uapi;

namespace Iommu.Messages;

/// <summary>IOMMU_IOAS_ALLOC. The answer's value is the id.</summary>
public sealed record IoasAlloc : Call;

/// <summary>
/// IOMMU_IOAS_MAP. The answer's value is the IOVA. EOPNOTSUPP unknown flag, EINVAL neither readable nor writeable, or misaligned,
/// EOVERFLOW, EEXIST fixed and occupied, ENOSPC no hole, EFAULT memory that the process has not.
/// </summary>
/// <param name="Ioas">The address space.</param>
/// <param name="Flags">Rights, and whether <paramref name="Iova"/> is given or to be chosen.</param>
/// <param name="UserAddress">Start of the memory in the process.</param>
/// <param name="LengthBytes">Length.</param>
/// <param name="Iova">Where to map it, with <see cref="IoasMapFlags.FixedIova"/>.</param>
public sealed record IoasMap(ObjectId Ioas, IoasMapFlags Flags, ulong UserAddress, ulong LengthBytes, ulong Iova = 0) : Call;

/// <summary>
/// IOMMU_IOAS_UNMAP. The answer's value is the number of bytes unmapped. IOVA 0 with length 2^64 - 1 is all. ENOENT when the range
/// cuts an area or holds none. Not atomic: areas before the failing one stay unmapped.
/// </summary>
public sealed record IoasUnmap(ObjectId Ioas, ulong Iova, ulong LengthBytes) : Call;
