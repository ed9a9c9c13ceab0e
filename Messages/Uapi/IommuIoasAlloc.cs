using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_ioas_alloc of linux/iommufd.h: an address space to make.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuIoasAlloc
{
    /// <summary>Bytes of it when it was first defined: a caller must have these.</summary>
    public const int SizeMinBytes = 12;

    public uint Size;
    public uint Flags;
    public uint OutIoasId;
}
