using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct vfio_iommu_type1_dma_map of linux/vfio.h: memory of the process to map.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioIommuType1DmaMap
{
    /// <summary>Bytes of it when it was first defined: a caller must have these.</summary>
    public const int SizeMinBytes = 32;

    public uint Argsz;
    public VfioMapFlags Flags;
    public ulong Vaddr;
    public ulong Iova;

    /// <summary>Bytes.</summary>
    public ulong Size;
}
