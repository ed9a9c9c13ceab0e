namespace Iommu.Hardware.Vtd;

/// <summary>Which descriptors a unit takes, by the reserved fields and granularities of section 6.5.2.</summary>
internal static class DescriptorCheck
{
    public static QueueError ErrorOf(Descriptor descriptor, Registers registers)
    {
        if (!IsKnown(descriptor.Type, registers)) return QueueError.DescriptorType;
        var (reserved0, reserved1) = Reserved(descriptor.Type);
        var isClean = (descriptor.Word0 & reserved0) == 0 && (descriptor.Word1 & reserved1) == 0
            && (descriptor.Word2 | descriptor.Word3) == 0 && HasGranularity(descriptor) && FitsMask(descriptor, registers);
        return isClean ? QueueError.None : QueueError.ReservedField;
    }

    private static bool IsKnown(DescriptorType type, Registers registers) => type switch
    {
        DescriptorType.DeviceTlb or DescriptorType.PasidDeviceTlb => registers.HasDeviceTlbs,
        DescriptorType.PageGroupResponse => registers.HasPageRequests,
        >= DescriptorType.ContextCache and <= DescriptorType.PasidCache => true,
        _ => false,
    };

    private static (ulong Word0, ulong Word1) Reserved(DescriptorType type) => type switch
    {
        DescriptorType.ContextCache => (0xFFFC_0000_0000_F1C0, ulong.MaxValue),
        DescriptorType.Iotlb => (0xFFFF_FFFF_0000_F100, 0xF80),
        DescriptorType.DeviceTlb => (0x000F_0000_FFE0_01F0, 0xFFE),
        DescriptorType.InterruptEntryCache => (0, 0),
        DescriptorType.Wait => (0x0000_0000_FFFF_F100, 3),
        DescriptorType.PasidIotlb => (0xFFF0_0000_0000_F1C0, 0xF80),
        DescriptorType.PasidCache => (0xFFF0_0000_0000_F1C0, ulong.MaxValue),
        DescriptorType.PasidDeviceTlb => (0, 0x7FE),
        _ => (0xFFF0_0000_0000_01E0, 0xFFFF_FFFF_FFFF_F007),
    };

    private static bool HasGranularity(Descriptor descriptor) => descriptor.Type switch
    {
        DescriptorType.ContextCache or DescriptorType.Iotlb => descriptor.Granularity != 0,
        DescriptorType.PasidIotlb => descriptor.Granularity >= Descriptor.Domain,
        DescriptorType.PasidCache => descriptor.Granularity != 2,
        _ => true,
    };

    private static bool FitsMask(Descriptor descriptor, Registers registers) =>
        descriptor.Type is not (DescriptorType.Iotlb or DescriptorType.PasidIotlb) || descriptor.Granularity != Descriptor.Pages
        || descriptor.AddressMask <= registers.MaxAddressMask;
}
