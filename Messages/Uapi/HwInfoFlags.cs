namespace Iommu.Messages.Uapi;

/// <summary>enum iommufd_hw_info_flags of linux/iommufd.h.</summary>
[Flags]
public enum HwInfoFlags : uint
{
    None = 0,
    InputType = 1 << 0,
}

/// <summary>enum iommufd_hw_capabilities of linux/iommufd.h.</summary>
[Flags]
public enum HwCapabilities : ulong
{
    None = 0,
    DirtyTracking = 1 << 0,
    PciPasidExec = 1 << 1,
    PciPasidPriv = 1 << 2,
    PciAtsNotSupported = 1 << 3,
}
