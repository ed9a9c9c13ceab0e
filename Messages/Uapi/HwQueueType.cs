namespace Iommu.Messages.Uapi;

/// <summary>enum iommu_hw_queue_type of linux/iommufd.h.</summary>
public enum HwQueueType : uint
{
    Default = 0,
    Tegra241Cmdqv = 1,
    /// <summary>Of this project ("VTD1"): a guest's invalidation queue on a vIOMMU of type <see cref="ViommuType.VtdDirect"/>.</summary>
    VtdInvalidation = 0x56544431,
    /// <summary>
    /// A guest's command buffer that an AMD IOMMU reads. Not the kernel's, which has no number for it yet, and far from its own.
    /// </summary>
    AmdCommandBuffer = 0x414d4401,
    /// <summary>A guest's event log that an AMD IOMMU writes; a number of our own as well.</summary>
    AmdEventLog = 0x414d4402,
    /// <summary>A guest's PPR log that an AMD IOMMU writes; a number of our own as well.</summary>
    AmdPprLog = 0x414d4403,
    /// <summary>IOMMU_HW_QUEUE_TYPE_SELFTEST: the mock device's.</summary>
    Selftest = 0xdeadbeef,
}
