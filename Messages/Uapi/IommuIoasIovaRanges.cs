using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_ioas_iova_ranges of linux/iommufd.h: what is not reserved of an address space.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuIoasIovaRanges
{
    /// <summary>Bytes of it when it was first defined: a caller must have these.</summary>
    public const int SizeMinBytes = 32;

    public uint Size;
    public uint IoasId;

    /// <summary>In: room in the array. Out: ranges that there are.</summary>
    public uint NumIovas;

    public uint Reserved;

    /// <summary>User address of an array of <see cref="IommuIovaRange"/>.</summary>
    public ulong AllowedIovas;

    public ulong OutIovaAlignment;
}
