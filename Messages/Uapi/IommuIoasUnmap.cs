using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_ioas_unmap of linux/iommufd.h: a range to unmap.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuIoasUnmap
{
    /// <summary>Bytes of it when it was first defined: a caller must have these.</summary>
    public const int SizeMinBytes = 24;

    public uint Size;
    public uint IoasId;
    public ulong Iova;

    /// <summary>In: bytes to unmap. Out: bytes that were.</summary>
    public ulong Length;
}
