namespace Iommu.Messages.Uapi;

/// <summary>Flags of struct vfio_iommu_type1_info of linux/vfio.h.</summary>
[Flags]
public enum VfioInfoFlags : uint
{
    None = 0,
    PageSizes = 1 << 0,
    Capabilities = 1 << 1,
}

/// <summary>Flags of struct vfio_iommu_type1_dma_map of linux/vfio.h.</summary>
[Flags]
public enum VfioMapFlags : uint
{
    None = 0,
    Read = 1 << 0,
    Write = 1 << 1,
}

/// <summary>Flags of struct vfio_iommu_type1_dma_unmap of linux/vfio.h that iommufd takes.</summary>
[Flags]
public enum VfioUnmapFlags : uint
{
    None = 0,
    All = 1 << 1,
}

/// <summary>The capabilities of VFIO_IOMMU_GET_INFO (linux/vfio.h).</summary>
public enum VfioInfoCap : ushort
{
    IovaRange = 1,
    DmaAvail = 3,
}
