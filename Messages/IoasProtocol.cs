using Iommu.Messages.Uapi;

namespace Iommu.Messages;

/// <summary>IOMMU_IOAS_ALLOC. The answer's value is the id. EOPNOTSUPP for a flag: none is defined.</summary>
public sealed record IoasAlloc(uint Flags = 0) : Call;

/// <summary>A range of IOVAs, both ends included (struct iommu_iova_range).</summary>
public readonly record struct IovaRange(ulong Start, ulong Last);

/// <summary>
/// IOMMU_IOAS_ALLOW_IOVAS: replaces the whole list that automatic allocation is confined to. EINVAL start not below last or overlap
/// within the list, EADDRINUSE clash with a reserved range; the old list stands then.
/// </summary>
public sealed record IoasAllowIovas(ObjectId Ioas, IReadOnlyList<IovaRange> Ranges) : Call
{
    /// <summary>The caller's memory ends before its list does: EFAULT, when nothing is wrong with what could be read.</summary>
    public bool RangesFault { get; init; }
}

/// <summary>
/// IOMMU_IOAS_IOVA_RANGES. Answered by <see cref="IovaRangesAnswer"/>: all usable ranges, also when more than
/// <paramref name="RangesMax"/>, and then with EMSGSIZE.
/// </summary>
public sealed record IoasIovaRanges(ObjectId Ioas, uint RangesMax) : Call;

/// <summary>
/// IOMMU_TEST_OP_ADD_RESERVED: nothing can be mapped there from now on. EINVAL length 0, EOVERFLOW, ENOENT no such IOAS, EADDRINUSE an
/// area or the allowed list has a part of it.
/// </summary>
public sealed record IoasReserve(ObjectId Ioas, ulong Start, ulong LengthBytes) : Call;

/// <summary>What is not reserved, in order, and what an IOVA must be a multiple of.</summary>
public sealed record IovaRangesAnswer(Errno Errno, IReadOnlyList<IovaRange> Ranges, ulong Alignment)
    : Answer(Errno, (ulong)Ranges.Count);

/// <summary>
/// IOMMU_IOAS_MAP. The answer's value is the IOVA. EOPNOTSUPP unknown flag, EINVAL neither readable nor writeable, or misaligned,
/// or reserved, EOVERFLOW, EEXIST fixed and occupied, ENOSPC no hole, EFAULT memory that the process has not, ENOMEM over the limit
/// of locked memory.
/// </summary>
/// <param name="Ioas">The address space.</param>
/// <param name="Flags">Rights, and whether <paramref name="Iova"/> is given or to be chosen.</param>
/// <param name="UserAddress">Start of the memory in the process.</param>
/// <param name="LengthBytes">Length.</param>
/// <param name="Iova">Where to map it, with <see cref="IoasMapFlags.FixedIova"/>.</param>
public sealed record IoasMap(ObjectId Ioas, IoasMapFlags Flags, ulong UserAddress, ulong LengthBytes, ulong Iova = 0) : Call;

/// <summary>IOMMU_IOAS_MAP_FILE: as <see cref="IoasMap"/>, with the pages of a memfd or a dma-buf. EBADF no such file.</summary>
/// <param name="Ioas">The address space.</param>
/// <param name="Flags">Rights, and whether <paramref name="Iova"/> is given or to be chosen.</param>
/// <param name="Fd">The file, in the calling process.</param>
/// <param name="Start">Offset of the first byte in the file.</param>
/// <param name="LengthBytes">Length.</param>
/// <param name="Iova">Where to map it, with <see cref="IoasMapFlags.FixedIova"/>.</param>
public sealed record IoasMapFile(ObjectId Ioas, IoasMapFlags Flags, int Fd, ulong Start, ulong LengthBytes, ulong Iova = 0) : Call;

/// <summary>
/// IOMMU_IOAS_COPY: maps what another IOAS (or this one) maps, sharing its pages. The answer's value is the IOVA. ENOENT source not
/// mapped whole, EPERM writeable where the source is not, and the errnos of <see cref="IoasMap"/>.
/// </summary>
public sealed record IoasCopy(
    ObjectId Destination, ObjectId Source, IoasMapFlags Flags, ulong LengthBytes, ulong SourceIova, ulong DestinationIova = 0) : Call;

/// <summary>
/// IOMMU_IOAS_UNMAP. The answer's value is the number of bytes unmapped. IOVA 0 with length 2^64 - 1 is all. ENOENT when the range
/// cuts an area or holds none; EBUSY an area in transition, or pinned by a hardware queue; EDEADLK an access does not let go.
/// Not atomic: areas before the failing one stay unmapped.
/// </summary>
public sealed record IoasUnmap(ObjectId Ioas, ulong Iova, ulong LengthBytes) : Call;

/// <summary>
/// IOMMU_IOAS_CHANGE_PROCESS: every pin is charged to the calling process from now on. EINVAL when an area is no file's,
/// EBUSY an area in transition, ENOMEM over the new process's limit; nothing has changed then.
/// </summary>
public sealed record IoasChangeProcess : Call;

/// <summary>
/// IOMMU_IOAS_NOIOMMU_GET_PA. Answered by <see cref="PhysicalAnswer"/>. EPERM without CAP_SYS_RAWIO, EINVAL length 0, ENOENT not
/// mapped, EOPNOTSUPP an IOAS without a device that has no IOMMU.
/// </summary>
public sealed record IoasNoiommuGetPa(ObjectId Ioas, ulong Iova, ulong LengthBytes, uint Flags = 0) : Call;

/// <summary>Where an IOVA leads, and for how many bytes memory is contiguous from there, at most what was asked.</summary>
public sealed record PhysicalAnswer(Errno Errno, ulong Physical, ulong LengthBytes) : Answer(Errno, Physical);
