namespace Iommu.Messages.Uapi;

/// <summary>enum iommu_hw_queue_type of linux/iommufd.h.</summary>
public enum HwQueueType : uint
{
    Default = 0,
    Tegra241Cmdqv = 1,
    /// <summary>Of this project ("VTD1"): a guest's invalidation queue on a vIOMMU of type <see cref="ViommuType.VtdDirect"/>.</summary>
    VtdInvalidation = 0x56544431,
    /// <summary>IOMMU_HW_QUEUE_TYPE_SELFTEST: the mock device's.</summary>
    Selftest = 0xdeadbeef,
}
