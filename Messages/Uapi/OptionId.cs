namespace Iommu.Messages.Uapi;

/// <summary>enum iommufd_option of linux/iommufd.h.</summary>
public enum OptionId : uint
{
    /// <summary>0: locked memory is charged to the user; 1: to the process, as VFIO does.</summary>
    RlimitMode = 0,
    /// <summary>1: an IOAS may use large pages; 0: every page by itself.</summary>
    HugePages = 1,
}

/// <summary>enum iommufd_option_ops of linux/iommufd.h.</summary>
public enum OptionOp : ushort
{
    Set = 0,
    Get = 1,
}
