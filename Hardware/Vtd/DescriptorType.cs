namespace Iommu.Hardware.Vtd;

/// <summary>Types of invalidation queue descriptors, bits 11:9 and 3:0 of the first word (section 6.5.2).</summary>
public enum DescriptorType : byte
{
    ContextCache = 1,
    Iotlb = 2,
    DeviceTlb = 3,
    InterruptEntryCache = 4,
    Wait = 5,
    PasidIotlb = 6,
    PasidCache = 7,
    PasidDeviceTlb = 8,
    PageGroupResponse = 9,
}
