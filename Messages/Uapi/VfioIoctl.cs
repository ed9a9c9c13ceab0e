namespace Iommu.Messages.Uapi;

/// <summary>The ioctl numbers of linux/vfio.h that an open container takes, <c>_IO(';', 100 + nr)</c>.</summary>
public enum VfioIoctl : uint
{
    GetApiVersion = 0x3b64,
    CheckExtension = 0x3b65,
    SetIommu = 0x3b66,
    IommuGetInfo = 0x3b70,
    IommuMapDma = 0x3b71,
    IommuUnmapDma = 0x3b72,
    /// <summary>VFIO's own dirty tracking, which iommufd has not (ENOTTY).</summary>
    IommuDirtyPages = 0x3b75,
}
