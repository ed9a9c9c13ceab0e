using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_ioas_map_file of linux/iommufd.h: pages of a file to map.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuIoasMapFile
{
    /// <summary>Bytes of it when it was first defined: a caller must have these.</summary>
    public const int SizeMinBytes = 40;

    public uint Size;
    public IoasMapFlags Flags;
    public uint IoasId;
    public int Fd;

    /// <summary>Offset of the first byte in the file.</summary>
    public ulong Start;

    /// <summary>Bytes.</summary>
    public ulong Length;

    /// <summary>In with <see cref="IoasMapFlags.FixedIova"/>; out always.</summary>
    public ulong Iova;
}
