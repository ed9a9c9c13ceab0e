namespace Iommu.Messages.Uapi;

/// <summary>enum iommufd_ioas_map_flags of linux/iommufd.h.</summary>
[Flags]
public enum IoasMapFlags : uint
{
    None = 0,
    FixedIova = 1 << 0,
    Writeable = 1 << 1,
    Readable = 1 << 2,
}
