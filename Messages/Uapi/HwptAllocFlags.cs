namespace Iommu.Messages.Uapi;

/// <summary>enum iommufd_hwpt_alloc_flags of linux/iommufd.h.</summary>
[Flags]
public enum HwptAllocFlags : uint
{
    None = 0,
    NestParent = 1 << 0,
    DirtyTracking = 1 << 1,
    FaultIdValid = 1 << 2,
    Pasid = 1 << 3,
}
