using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_fault_alloc of linux/iommufd.h: a fault queue to make.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuFaultAlloc
{
    /// <summary>Bytes of it when it was first defined: a caller must have these.</summary>
    public const int SizeMinBytes = 16;

    public uint Size;
    public uint Flags;
    public uint OutFaultId;
    public uint OutFaultFd;
}
