using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_hwpt_invalidate of linux/iommufd.h: guest invalidations.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwptInvalidate
{
    /// <summary>Bytes of it when it was first defined: a caller must have these.</summary>
    public const int SizeMinBytes = 32;

    public uint Size;

    /// <summary>A nested HWPT or a vIOMMU.</summary>
    public uint HwptId;

    public ulong DataUptr;
    public InvalidateDataType DataType;

    /// <summary>Bytes from one entry to the next.</summary>
    public uint EntryLen;

    /// <summary>In: entries. Out, on an error too: entries handled.</summary>
    public uint EntryNum;

    public uint Reserved;
}
