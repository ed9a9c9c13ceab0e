namespace Iommu.Messages.Uapi;

/// <summary>enum iommu_hwpt_data_type of linux/iommufd.h: the layout of the user data that comes with HWPT_ALLOC.</summary>
public enum HwptDataType : uint
{
    None = 0,
    VtdS1 = 1,
    /// <summary>struct iommu_hwpt_arm_smmuv3: the first two 64-bit words of the guest's stream table entry, little endian.</summary>
    ArmSmmuv3 = 2,
    AmdGuest = 3,
    /// <summary>Of this project ("VTD1"): struct <see cref="IommuHwptVtdDirectS1"/>, a first stage on a vIOMMU of type VtdDirect.</summary>
    VtdDirectS1 = 0x56544431,
    /// <summary>IOMMU_HWPT_DATA_SELFTEST: the mock device.</summary>
    Selftest = 0xdead,
}
