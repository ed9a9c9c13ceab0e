using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_ioas_noiommu_get_pa of linux/iommufd.h: the physical address behind an IOVA.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuIoasNoiommuGetPa
{
    /// <summary>Bytes of it when it was first defined: a caller must have these.</summary>
    public const int SizeMinBytes = 40;

    public uint Size;
    public uint Flags;
    public uint IoasId;
    public uint Reserved;
    public ulong Iova;

    /// <summary>In: bytes asked for. Out: bytes contiguous from there, at most that.</summary>
    public ulong Length;

    public ulong OutPhys;
}
