using Iommu.Messages.Uapi;

namespace Iommu.Messages;

/// <summary>IOMMU_DESTROY. EBUSY when somebody uses the object, ENOENT when there is none to be seen.</summary>
public sealed record Destroy(ObjectId Id) : Call;

/// <summary>
/// The last close of the file: mappings end, and every object is destroyed, leaves first. <see cref="Answer.Value"/> is the number of
/// objects that could not be destroyed, which is 0 unless a reference has leaked.
/// </summary>
public sealed record Close : Call;

/// <summary>
/// IOMMU_OPTION. The answer's value is val64. EOPNOTSUPP unknown option or operation, or an object where none belongs; ENOENT no
/// such IOAS; EINVAL a value that is neither 0 nor 1; EPERM, EBUSY, EADDRINUSE as reference/iommufd.md has them.
/// </summary>
/// <param name="OptionId">Which option.</param>
/// <param name="Op">Set or get.</param>
/// <param name="Object">The IOAS of HUGE_PAGES; none for RLIMIT_MODE.</param>
/// <param name="Value">What to set.</param>
public sealed record Option(OptionId OptionId, OptionOp Op, ObjectId Object = default, ulong Value = 0) : Call;

/// <summary>
/// IOMMU_VFIO_IOAS: which IOAS the VFIO type 1 calls work on. The answer's value of a get is its id. ENODEV get with none set,
/// ENOENT set to what is no IOAS, EOPNOTSUPP another operation.
/// </summary>
public sealed record VfioIoas(VfioIoasOp Op, ObjectId Ioas = default) : Call;

/// <summary>
/// mmap() of the file: an MMIO region of a vIOMMU by the offset that its creation returned. The answer's value is the physical
/// address of the region. The mapping holds a reference on the vIOMMU until <see cref="Munmap"/>.
/// EINVAL unaligned length or not shared, EPERM executable, ENXIO no region that is exactly this, or its owner is going.
/// </summary>
public sealed record Mmap(ulong Offset, ulong LengthBytes, bool Shared = true, bool Executable = false) : Call;

/// <summary>The end of one mapping of a region. EINVAL when none stands at this offset.</summary>
public sealed record Munmap(ulong Offset) : Call;

/// <summary>A mapping is duplicated, as fork() does it: one more reference. EINVAL when none stands at this offset.</summary>
public sealed record MmapDuplicate(ulong Offset) : Call;
