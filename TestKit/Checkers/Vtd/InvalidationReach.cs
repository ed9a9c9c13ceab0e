using Iommu.Hardware.Vtd;
using Iommu.Hardware.Vtd.Caches;

namespace Iommu.TestKit.Checkers.Vtd;

/// <summary>
/// What a descriptor must remove, read from the architecture (VT-d, 6.5.2) and not from the hardware model: it is the yardstick that
/// the model is held against.
/// </summary>
internal static class InvalidationReach
{
    public static bool IsInvalidation(Descriptor descriptor) => descriptor.Type is DescriptorType.Iotlb or DescriptorType.PasidIotlb
        or DescriptorType.DeviceTlb or DescriptorType.PasidDeviceTlb;

    public static bool MustRemove(Descriptor descriptor, TranslationEntry entry)
    {
        var isOfDevice = descriptor.Type is DescriptorType.DeviceTlb or DescriptorType.PasidDeviceTlb;
        if (isOfDevice != (entry.Kind == EntryKind.DeviceTlb)) return false;
        if (isOfDevice)
            return entry.SourceId == descriptor.SourceId && Touches(descriptor, entry)
                && entry.Pasid == (descriptor.Type == DescriptorType.DeviceTlb ? null : descriptor.Pasid);
        if (descriptor.Type == DescriptorType.Iotlb && descriptor.Granularity == Descriptor.Global) return true;
        if (entry.DomainId != descriptor.DomainId) return false;
        var isFirstStage = entry.Kind is EntryKind.FirstStage or EntryKind.FirstStageTable;
        if (descriptor.Type == DescriptorType.PasidIotlb)
            return isFirstStage && entry.Pasid == descriptor.Pasid
                && (descriptor.Granularity == Descriptor.Domain || TouchesPages(descriptor, entry));
        return descriptor.Granularity == Descriptor.Domain || isFirstStage || TouchesPages(descriptor, entry);
    }

    /// <summary>First and last address that an invalidation names; everything where it names none.</summary>
    public static (ulong First, ulong Last) AddressesOf(Descriptor descriptor)
    {
        var page = descriptor.Word1 >> 12;
        var pages = descriptor.Type switch
        {
            DescriptorType.Iotlb or DescriptorType.PasidIotlb when descriptor.Granularity == Descriptor.Pages =>
                UInt128.One << (int)(descriptor.Word1 % 64),
            DescriptorType.DeviceTlb when descriptor.Word1 % 2 == 0 => UInt128.One,
            DescriptorType.PasidDeviceTlb when (descriptor.Word1 >> 11) % 2 == 0 => UInt128.One,
            // The lowest clear bit of the page number says half of it.
            DescriptorType.DeviceTlb or DescriptorType.PasidDeviceTlb => (UInt128)((page ^ (page + 1)) + 1),
            _ => UInt128.One << 52,
        };
        var first = (UInt128)page / pages * pages;
        return ((ulong)(first << 12), (ulong)(((first + pages) << 12) - 1));
    }

    private static bool TouchesPages(Descriptor descriptor, TranslationEntry entry)
    {
        var isTable = entry.Kind is EntryKind.FirstStageTable or EntryKind.SecondStageTable;
        return !(isTable && descriptor.LeafOnly) && Touches(descriptor, entry);
    }

    private static bool Touches(Descriptor descriptor, TranslationEntry entry)
    {
        var (first, last) = AddressesOf(descriptor);
        return entry.Base <= last && entry.Base + ((1UL << entry.SizeLog2) - 1) >= first;
    }
}
