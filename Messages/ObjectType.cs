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

/// <summary>Names of object types.</summary>
public static class ObjectTypes
{
    /// <summary>The word for it in names, journals and pictures.</summary>
    public static string Name(this ObjectType type) => type switch
    {
        ObjectType.Device => "device",
        ObjectType.Ioas => "ioas",
        ObjectType.HwptPaging => "hwpt-paging",
        ObjectType.HwptNested => "hwpt-nested",
        ObjectType.Viommu => "viommu",
        ObjectType.Vdevice => "vdevice",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no such object type"),
    };
}
