using Iommu.Messages.Uapi;

namespace Iommu.Messages;

/// <summary>
/// IOMMU_VIOMMU_ALLOC. The answer's value is the id. ENOENT for a missing device or HWPT, EINVAL for an HWPT that is no nest
/// parent, EOPNOTSUPP for a flag or a type that the driver has not.
/// </summary>
/// <param name="Device">A device behind the physical IOMMU that is sliced.</param>
/// <param name="Hwpt">The stage 2: it exists first, and is held for the life of the vIOMMU.</param>
/// <param name="Type">Which kind.</param>
/// <param name="Flags">None is defined.</param>
/// <param name="Data">User data of the kind, if it has any.</param>
public sealed record ViommuAlloc(
    ObjectId Device, ObjectId Hwpt, ViommuType Type, uint Flags = 0, ReadOnlyMemory<byte> Data = default) : Call;
