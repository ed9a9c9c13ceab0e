namespace Iommu.Messages.Uapi;

/// <summary>enum iommu_veventq_type of linux/iommufd.h.</summary>
public enum VeventqType : uint
{
    Default = 0,
    ArmSmmuv3 = 1,
    Tegra241Cmdqv = 2,
    /// <summary>
    /// 16-byte records of the AMD IOMMU's event log. Not the kernel's, which has no number for it yet, and far from its own.
    /// </summary>
    Amd = 0x414d4400,
    /// <summary>
    /// Of this project ("VTD1"): 16-byte fault records of a first stage on a vIOMMU of type <see cref="ViommuType.VtdDirect"/>, with the
    /// guest's own requester id.
    /// </summary>
    VtdDirect = 0x56544431,
    /// <summary>IOMMU_VEVENTQ_TYPE_SELFTEST: the mock device's.</summary>
    Selftest = 0xbeefbeef,
}

/// <summary>enum iommu_veventq_flag of linux/iommufd.h: flags of an event's header.</summary>
[Flags]
public enum VeventFlags : uint
{
    None = 0,
    LostEvents = 1 << 0,
}
