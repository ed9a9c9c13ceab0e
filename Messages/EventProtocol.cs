using Iommu.Messages.Uapi;

namespace Iommu.Messages;

/// <summary>
/// IOMMU_FAULT_QUEUE_ALLOC: where page faults of HWPTs are read and answered. The answer's value is the id; it comes with an open
/// file. EOPNOTSUPP for a flag: none is defined.
/// </summary>
public sealed record FaultQueueAlloc(uint Flags = 0) : Call;

/// <summary>
/// IOMMU_VEVENTQ_ALLOC: where the events of one type of a vIOMMU are read. The answer's value is the id; it comes with an open file.
/// EOPNOTSUPP flag or type 0, EINVAL depth 0 or above 2^19, EEXIST a second queue of one type on one vIOMMU.
/// </summary>
public sealed record VeventqAlloc(ObjectId Viommu, VeventqType Type, uint Depth, uint Flags = 0) : Call;
