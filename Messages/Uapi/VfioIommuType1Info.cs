using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct vfio_iommu_type1_info of linux/vfio.h: what the compatibility IOAS can do.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioIommuType1Info
{
    /// <summary>Bytes of it when it was first defined: a caller must have these.</summary>
    public const int SizeMinBytes = 16;

    /// <summary>In: bytes of room. Out: bytes that it takes with all capabilities.</summary>
    public uint Argsz;

    public VfioInfoFlags Flags;

    /// <summary>Page sizes, a bit each.</summary>
    public ulong IovaPgsizes;

    /// <summary>Of the first capability in the structure; 0 when there was no room for all.</summary>
    public uint CapOffset;

    public uint Pad;
}
