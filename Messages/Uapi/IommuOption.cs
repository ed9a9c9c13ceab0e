using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_option of linux/iommufd.h: an option to set or get.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuOption
{
    /// <summary>Bytes of it when it was first defined: a caller must have these.</summary>
    public const int SizeMinBytes = 24;

    public uint Size;
    public OptionId OptionId;
    public OptionOp Op;
    public ushort Reserved;
    public uint ObjectId;
    public ulong Val64;
}
