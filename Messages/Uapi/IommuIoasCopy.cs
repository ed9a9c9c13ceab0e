using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_ioas_copy of linux/iommufd.h: a mapping to map once more.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuIoasCopy
{
    /// <summary>Bytes of it when it was first defined: a caller must have these.</summary>
    public const int SizeMinBytes = 40;

    public uint Size;
    public IoasMapFlags Flags;
    public uint DstIoasId;
    public uint SrcIoasId;

    /// <summary>Bytes.</summary>
    public ulong Length;

    /// <summary>In with <see cref="IoasMapFlags.FixedIova"/>; out always.</summary>
    public ulong DstIova;

    public ulong SrcIova;
}
