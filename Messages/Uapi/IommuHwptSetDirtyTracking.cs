using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_hwpt_set_dirty_tracking of linux/iommufd.h: whether writes of devices are recorded.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwptSetDirtyTracking
{
    /// <summary>Bytes of it when it was first defined: a caller must have these.</summary>
    public const int SizeMinBytes = 16;

    public uint Size;
    public DirtyTrackingFlags Flags;
    public uint HwptId;
    public uint Reserved;
}
