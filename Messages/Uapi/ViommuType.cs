namespace Iommu.Messages.Uapi;

/// <summary>enum iommu_viommu_type of linux/iommufd.h.</summary>
public enum ViommuType : uint
{
    Default = 0,
    ArmSmmuv3 = 1,
    Tegra241Cmdqv = 2,
    /// <summary>IOMMU_VIOMMU_TYPE_SELFTEST: the mock device.</summary>
    Selftest = 0xdeadbeef,
}
