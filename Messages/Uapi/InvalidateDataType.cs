namespace Iommu.Messages.Uapi;

/// <summary>enum iommu_hwpt_invalidate_data_type of linux/iommufd.h: the layout of one entry of an invalidation array.</summary>
public enum InvalidateDataType : uint
{
    VtdS1 = 0,
    /// <summary>struct iommu_viommu_arm_smmuv3_invalidate: one raw 16-byte command.</summary>
    ArmSmmuv3 = 1,
    /// <summary>
    /// One raw 16-byte command of the AMD IOMMU. Not the kernel's, which has no number for it yet, and far from its own.
    /// </summary>
    Amd = 0x414d4400,
    /// <summary>IOMMU_HWPT_INVALIDATE_DATA_SELFTEST, and IOMMU_VIOMMU_INVALIDATE_DATA_SELFTEST: the mock device.</summary>
    Selftest = 0xdeadbeef,
}
