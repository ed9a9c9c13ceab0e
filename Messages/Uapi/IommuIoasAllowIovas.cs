using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_ioas_allow_iovas of linux/iommufd.h: the list that automatic allocation is confined to.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuIoasAllowIovas
{
    /// <summary>Bytes of it when it was first defined: a caller must have these.</summary>
    public const int SizeMinBytes = 24;

    public uint Size;
    public uint IoasId;

    /// <summary>Ranges in the array.</summary>
    public uint NumIovas;

    public uint Reserved;

    /// <summary>User address of an array of <see cref="IommuIovaRange"/>.</summary>
    public ulong AllowedIovas;
}
