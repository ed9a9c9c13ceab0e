using Iommu.Messages.Uapi;

namespace Iommu.Messages;

/// <summary>
/// IOMMU_VIOMMU_ALLOC. Answered by <see cref="ViommuAnswer"/>. ENOENT for a missing device or HWPT, EINVAL for an HWPT that is no nest
/// parent, EOPNOTSUPP for a flag or a type that the driver has not.
/// </summary>
/// <param name="Device">A device behind the physical IOMMU that is sliced.</param>
/// <param name="Hwpt">The stage 2: it exists first, and is held for the life of the vIOMMU.</param>
/// <param name="Type">Which kind.</param>
/// <param name="Flags">None is defined.</param>
/// <param name="Data">User data of the kind, if it has any.</param>
public sealed record ViommuAlloc(
    ObjectId Device, ObjectId Hwpt, ViommuType Type, uint Flags = 0, ReadOnlyMemory<byte> Data = default) : Call
{
    /// <summary>The data cannot be read: EFAULT, when the driver gets as far as reading it.</summary>
    public bool DataFaults { get; init; }

    /// <summary>
    /// The VM whose guest this is for; null when it is not said. Upstream's call has no place for it. Where the IOMMU takes part in the
    /// processors' TLB maintenance the VM's VMID is shared with it: EBUSY when another vIOMMU of it has that already.
    /// </summary>
    public IVirtualMachine? Vm { get; init; }
}

/// <summary>The id of the vIOMMU, and the user data as its driver writes it back; empty when it writes nothing.</summary>
public sealed record ViommuAnswer(Errno Errno, ObjectId Viommu, ReadOnlyMemory<byte> Data) : Answer(Errno, Viommu.Value);

/// <summary>
/// IOMMU_HW_QUEUE_ALLOC: a ring in guest memory that hardware drains. Its pages are pinned until it is destroyed. The answer's value
/// is the id. EOPNOTSUPP flag or type, EINVAL length 0, EOVERFLOW, ERANGE, ENOENT not mapped, EPERM not readable, EFAULT not contiguous,
/// and the driver's own.
/// </summary>
/// <param name="Viommu">On which vIOMMU.</param>
/// <param name="Type">Which kind.</param>
/// <param name="Index">Which of the vIOMMU's queues.</param>
/// <param name="Iova">Where the ring is, in the IOAS of the nest parent.</param>
/// <param name="LengthBytes">Its length.</param>
/// <param name="Flags">None is defined.</param>
public sealed record HwQueueAlloc(
    ObjectId Viommu, HwQueueType Type, uint Index, ulong Iova, ulong LengthBytes, uint Flags = 0) : Call;
