using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_hwpt_alloc of linux/iommufd.h: a hardware page table to make.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwptAlloc
{
    /// <summary>Bytes of it when it was first defined: a caller must have these.</summary>
    public const int SizeMinBytes = 24;

    public uint Size;
    public HwptAllocFlags Flags;
    public uint DevId;

    /// <summary>An IOAS, a nest parent or a vIOMMU.</summary>
    public uint PtId;

    public uint OutHwptId;
    public uint Reserved;
    public HwptDataType DataType;

    /// <summary>Bytes.</summary>
    public uint DataLen;

    public ulong DataUptr;
    public uint FaultId;
    public uint Reserved2;
}
