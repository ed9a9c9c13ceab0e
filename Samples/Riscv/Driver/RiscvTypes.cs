using Iommu.Messages.Uapi;

namespace RiscvIommu.Driver;

/// <summary>
/// What user data of this driver's is called in the calls of iommufd: numbers of its own ("RSC1"), far from those of linux/iommufd.h. The
/// core passes them on to the driver of the device as they are.
/// </summary>
public static class RiscvTypes
{
    /// <summary>Of IOMMU_GET_HW_INFO: capabilities (64 bits), fctl (32 bits), 32 bits of zero.</summary>
    public const HwInfoType HwInfo = (HwInfoType)0x52534331;

    /// <summary>Of IOMMU_VIOMMU_ALLOC: no user data.</summary>
    public const ViommuType Viommu = (ViommuType)0x52534331;

    /// <summary>Of IOMMU_HWPT_ALLOC: tc, ta and fsc of the guest's device context, 64 bits each, little endian.</summary>
    public const HwptDataType Hwpt = (HwptDataType)0x52534331;

    /// <summary>Of IOMMU_HWPT_INVALIDATE on a vIOMMU: an IOTINVAL.VMA command of the guest's, 16 bytes.</summary>
    public const InvalidateDataType Invalidate = (InvalidateDataType)0x52534331;

    /// <summary>Of IOMMU_VEVENTQ_ALLOC: 32-byte records of the fault queue, with the virtual device id.</summary>
    public const VeventqType Veventq = (VeventqType)0x52534331;
}
