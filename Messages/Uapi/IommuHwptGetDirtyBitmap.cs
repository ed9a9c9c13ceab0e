using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_hwpt_get_dirty_bitmap of linux/iommufd.h: the pages of a range that devices have written.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwptGetDirtyBitmap
{
    /// <summary>Bytes of it when it was first defined: a caller must have these.</summary>
    public const int SizeMinBytes = 48;

    public uint Size;
    public uint HwptId;
    public DirtyBitmapFlags Flags;
    public uint Reserved;
    public ulong Iova;

    /// <summary>Bytes.</summary>
    public ulong Length;

    /// <summary>Bytes that one bit stands for.</summary>
    public ulong PageSize;

    /// <summary>User address of the bitmap: 64-bit words, bits are only set.</summary>
    public ulong Data;
}
