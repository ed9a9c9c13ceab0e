using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_ioas_map of linux/iommufd.h: memory of the process to map.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuIoasMap
{
    /// <summary>Bytes of it when it was first defined: a caller must have these.</summary>
    public const int SizeMinBytes = 40;

    public uint Size;
    public IoasMapFlags Flags;
    public uint IoasId;
    public uint Reserved;
    public ulong UserVa;

    /// <summary>Bytes.</summary>
    public ulong Length;

    /// <summary>In with <see cref="IoasMapFlags.FixedIova"/>; out always.</summary>
    public ulong Iova;
}
