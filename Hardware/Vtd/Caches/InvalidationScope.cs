namespace Iommu.Hardware.Vtd.Caches;

/// <summary>What a descriptor covers (sections 6.5.2.1 to 6.5.2.6).</summary>
internal static class InvalidationScope
{
    public static bool Covers(Descriptor descriptor, TranslationEntry entry) => descriptor.Type switch
    {
        DescriptorType.Iotlb => entry.Kind != EntryKind.DeviceTlb && descriptor.Granularity switch
        {
            Descriptor.Global => true,
            Descriptor.Domain => entry.DomainId == descriptor.DomainId,
            // Pages of the second stage; what combines both stages cannot be told by them and goes with the domain.
            _ => entry.DomainId == descriptor.DomainId && (entry.Pasid is not null || CoversAddress(descriptor, entry)),
        },
        DescriptorType.PasidIotlb => entry.Kind != EntryKind.DeviceTlb && entry.DomainId == descriptor.DomainId
            && entry.Pasid == descriptor.Pasid && (descriptor.Granularity == Descriptor.Domain || CoversAddress(descriptor, entry)),
        DescriptorType.DeviceTlb => entry.Kind == EntryKind.DeviceTlb && entry.SourceId == descriptor.SourceId && entry.Pasid is null
            && Overlaps(descriptor, entry),
        DescriptorType.PasidDeviceTlb => entry.Kind == EntryKind.DeviceTlb && entry.SourceId == descriptor.SourceId
            && entry.Pasid == descriptor.Pasid && Overlaps(descriptor, entry),
        _ => false,
    };

    // In scalable mode a domain-selective invalidation is carried out as a global one: context entries have no domain.
    public static bool CoversContext(Descriptor descriptor, uint sourceId) => descriptor.Type == DescriptorType.ContextCache
        && (descriptor.Granularity != Descriptor.Pages || (descriptor.SourceId ^ sourceId) >> FunctionBits(descriptor.FunctionMask) == 0
            && ((descriptor.SourceId ^ sourceId) & KeptFunctionBits(descriptor.FunctionMask)) == 0);

    public static bool CoversPasid(Descriptor descriptor, (ushort Domain, uint Pasid) entry) =>
        descriptor.Type == DescriptorType.PasidCache && descriptor.Granularity switch
        {
            0 => entry.Domain == descriptor.DomainId,
            1 => entry.Domain == descriptor.DomainId && entry.Pasid == descriptor.Pasid,
            _ => true,
        };

    private static bool CoversAddress(Descriptor descriptor, TranslationEntry entry)
    {
        var isTable = entry.Kind is EntryKind.FirstStageTable or EntryKind.SecondStageTable;
        return !(isTable && descriptor.LeafOnly) && Overlaps(descriptor, entry);
    }

    private static bool Overlaps(Descriptor descriptor, TranslationEntry entry)
    {
        var (first, last) = descriptor.Range;
        return entry.Base <= last && entry.Last >= first;
    }

    private static int FunctionBits(int mask) => mask == 0 ? 0 : 3;

    // FM 1 takes bit 2 of the function number away, FM 2 bits 2 and 1, FM 3 all of it.
    private static uint KeptFunctionBits(int mask) => mask switch { 1 => 3u, 2 => 1u, _ => 0u };
}
