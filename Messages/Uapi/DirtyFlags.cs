namespace Iommu.Messages.Uapi;

/// <summary>enum iommufd_hwpt_set_dirty_tracking_flags of linux/iommufd.h.</summary>
[Flags]
public enum DirtyTrackingFlags : uint
{
    None = 0,
    Enable = 1,
}

/// <summary>enum iommufd_hwpt_get_dirty_bitmap_flags of linux/iommufd.h.</summary>
[Flags]
public enum DirtyBitmapFlags : uint
{
    None = 0,
    NoClear = 1,
}
