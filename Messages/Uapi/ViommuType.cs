namespace Iommu.Messages.Uapi;

/// <summary>enum iommu_viommu_type of linux/iommufd.h.</summary>
public enum ViommuType : uint
{
    Default = 0,
    ArmSmmuv3 = 1,
    Tegra241Cmdqv = 2,
    /// <summary>
    /// Of this project, far from the kernel's numbers ("VTD1"): an Intel VT-d whose guest has an invalidation queue that hardware drains.
    /// User data is struct <see cref="IommuViommuVtdDirect"/>.
    /// </summary>
    VtdDirect = 0x56544431,
    /// <summary>The AMD IOMMU. Not the kernel's, which has no number for it yet, and far from its own.</summary>
    Amd = 0x414d4400,
    /// <summary>IOMMU_VIOMMU_TYPE_SELFTEST: the mock device.</summary>
    Selftest = 0xdeadbeef,
}
