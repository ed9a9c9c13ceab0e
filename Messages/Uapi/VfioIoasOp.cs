namespace Iommu.Messages.Uapi;

/// <summary>enum iommufd_vfio_ioas_op of linux/iommufd.h.</summary>
public enum VfioIoasOp : ushort
{
    Get = 0,
    Set = 1,
    Clear = 2,
}
