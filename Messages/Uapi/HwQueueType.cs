namespace Iommu.Messages.Uapi;

/// <summary>enum iommu_hw_queue_type of linux/iommufd.h.</summary>
public enum HwQueueType : uint
{
    Default = 0,
    Tegra241Cmdqv = 1,
    /// <summary>IOMMU_HW_QUEUE_TYPE_SELFTEST: the mock device's.</summary>
    Selftest = 0xdeadbeef,
}
