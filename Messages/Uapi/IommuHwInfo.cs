using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_hw_info of linux/iommufd.h: what the hardware in front of a device is.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwInfo
{
    /// <summary>Bytes of it when it was first defined: a caller must have these.</summary>
    public const int SizeMinBytes = 32;

    public uint Size;
    public HwInfoFlags Flags;
    public uint DevId;

    /// <summary>In: bytes of room. Out: bytes that there are.</summary>
    public uint DataLen;

    public ulong DataUptr;

    /// <summary>In (in_data_type) with <see cref="HwInfoFlags.InputType"/>; out (out_data_type) always.</summary>
    public HwInfoType DataType;

    public byte OutMaxPasidLog2;
    public byte Reserved0;
    public byte Reserved1;
    public byte Reserved2;
    public HwCapabilities OutCapabilities;
}
