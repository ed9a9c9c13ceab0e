namespace Iommu.Messages.Uapi;

/// <summary>enum iommu_hw_info_type of linux/iommufd.h.</summary>
public enum HwInfoType : uint
{
    None = 0,
    IntelVtd = 1,
    ArmSmmuv3 = 2,
    Tegra241Cmdqv = 3,
    Amd = 4,
    /// <summary>IOMMU_HW_INFO_TYPE_SELFTEST: the mock device.</summary>
    Selftest = 0xfeedbeef,
}
