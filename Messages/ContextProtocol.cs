namespace Iommu.Messages;

/// <summary>IOMMU_DESTROY. EBUSY when somebody uses the object, ENOENT when there is none to be seen.</summary>
public sealed record Destroy(ObjectId Id) : Call;

/// <summary>
/// The last close of the file: every object is destroyed, leaves first. <see cref="Answer.Value"/> is the number of objects
/// that could not be destroyed, which is 0 unless a reference has leaked.
/// </summary>
public sealed record Close : Call;
