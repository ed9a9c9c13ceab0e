namespace Iommu.Messages;

/// <summary>What an object is (enum iommufd_object_type).</summary>
public enum ObjectType
{
    Device,
    Ioas,
    HwptPaging,
    HwptNested,
    Viommu,
    Vdevice,
}
