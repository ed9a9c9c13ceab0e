using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct vfio_iommu_type1_info_dma_avail of linux/vfio.h: mappings that can still be made.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioIommuType1InfoDmaAvail
{
    public VfioInfoCapHeader Header;
    public uint Avail;
}
