namespace Iommu.Messages.Uapi;

/// <summary>enum iommu_hwpt_pgfault_flags of linux/iommufd.h.</summary>
[Flags]
public enum PageFaultFlags : uint
{
    None = 0,
    PasidValid = 1 << 0,
    LastPage = 1 << 1,
}

/// <summary>enum iommu_hwpt_pgfault_perm of linux/iommufd.h.</summary>
[Flags]
public enum PageFaultPermissions : uint
{
    None = 0,
    Read = 1 << 0,
    Write = 1 << 1,
    Exec = 1 << 2,
    Priv = 1 << 3,
}

/// <summary>enum iommufd_page_response_code of linux/iommufd.h.</summary>
public enum PageResponseCode : uint
{
    Success = 0,
    Invalid = 1,
}
