using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_viommu_alloc of linux/iommufd.h: a vIOMMU to make.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuViommuAlloc
{
    /// <summary>Bytes of it when it was first defined: a caller must have these.</summary>
    public const int SizeMinBytes = 24;

    public uint Size;
    public uint Flags;
    public ViommuType Type;
    public uint DevId;
    public uint HwptId;
    public uint OutViommuId;

    /// <summary>Bytes.</summary>
    public uint DataLen;

    /// <summary>Not looked at.</summary>
    public uint Reserved;

    /// <summary>Read, and written back where the type says so.</summary>
    public ulong DataUptr;
}
