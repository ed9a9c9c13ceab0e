namespace Iommu.Messages;

/// <summary>
/// IOMMU_VDEVICE_ALLOC. The answer's value is the id. EINVAL when the device is behind another IOMMU, EEXIST when it has a
/// vDEVICE already or the virtual id is taken, ENOENT when it is being unbound.
/// </summary>
/// <param name="Viommu">The vIOMMU that the guest sees the device behind.</param>
/// <param name="Device">The device.</param>
/// <param name="VirtualId">What the guest calls it: SMMUv3's virtual stream id.</param>
public sealed record VdeviceAlloc(ObjectId Viommu, ObjectId Device, ulong VirtualId) : Call;
