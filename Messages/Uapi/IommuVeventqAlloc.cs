using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_veventq_alloc of linux/iommufd.h: an event queue to make.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuVeventqAlloc
{
    /// <summary>Bytes of it when it was first defined: a caller must have these.</summary>
    public const int SizeMinBytes = 28;

    public uint Size;
    public uint Flags;
    public uint ViommuId;
    public VeventqType Type;

    /// <summary>Events.</summary>
    public uint VeventqDepth;

    public uint OutVeventqId;
    public uint OutVeventqFd;
    public uint Reserved;
}
