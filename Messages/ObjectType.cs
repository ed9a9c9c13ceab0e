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
    Fault,
    Veventq,
    HwQueue,
    Access,
    /// <summary>A mock device as IOMMU_TEST_CMD makes it: it owns a <see cref="Device"/>.</summary>
    Selftest,
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
        ObjectType.Fault => "fault",
        ObjectType.Veventq => "veventq",
        ObjectType.HwQueue => "hw-queue",
        ObjectType.Access => "access",
        ObjectType.Selftest => "selftest",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "no such object type"),
    };
}
