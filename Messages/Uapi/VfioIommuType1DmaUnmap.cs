using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct vfio_iommu_type1_dma_unmap of linux/vfio.h: a range to unmap.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioIommuType1DmaUnmap
{
    /// <summary>Bytes of it when it was first defined: a caller must have these.</summary>
    public const int SizeMinBytes = 24;

    public uint Argsz;
    public VfioUnmapFlags Flags;
    public ulong Iova;

    /// <summary>In: bytes to unmap. Out, on an error too: bytes that were.</summary>
    public ulong Size;
}
