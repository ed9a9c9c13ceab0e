namespace Iommu.Messages.Uapi;

/// <summary>What VFIO_CHECK_EXTENSION asks for, and which of them VFIO_SET_IOMMU sets (linux/vfio.h).</summary>
public enum VfioExtension : uint
{
    /// <summary>VFIO_TYPE1_IOMMU: an unmap may cut what was mapped.</summary>
    Type1 = 1,
    Type1V2 = 3,
    /// <summary>VFIO_DMA_CC_IOMMU: every domain enforces cache coherency.</summary>
    DmaCc = 4,
    /// <summary>__VFIO_RESERVED_TYPE1_NESTING_IOMMU: never there.</summary>
    Nesting = 6,
    NoIommu = 8,
    UnmapAll = 9,
    /// <summary>VFIO_UPDATE_VADDR: never there.</summary>
    UpdateVaddr = 10,
}
