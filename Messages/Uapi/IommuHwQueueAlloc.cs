using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_hw_queue_alloc of linux/iommufd.h: a hardware queue to make.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwQueueAlloc
{
    /// <summary>Bytes of it when it was first defined: a caller must have these.</summary>
    public const int SizeMinBytes = 40;

    public uint Size;
    public uint Flags;
    public uint ViommuId;
    public HwQueueType Type;
    public uint Index;
    public uint OutHwQueueId;
    public ulong NestingParentIova;

    /// <summary>Bytes.</summary>
    public ulong Length;
}
