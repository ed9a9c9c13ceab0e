using Iommu.Hardware.Vtd;
using Iommu.Hardware.Vtd.Caches;

namespace Iommu.TestKit.Checkers.Vtd;

/// <summary>
/// What a descriptor must remove, read from the architecture (VT-d, 6.5.2) and not from the hardware model: it is the yardstick that
/// the model is held against.
/// </summary>
internal sealed class InvalidationRules : IInvalidationRules<Descriptor, TranslationEntry>
{
    public static readonly InvalidationRules Instance = new();

    private enum Space { Everything = 1, Domain, OfFirstStage, Pasid, Device }

    public string Synchronization => "wait descriptor";

    public Descriptor Decode(ReadOnlySpan<ulong> words) => new(words[0], words[1], words[2], words[3]);

    public CommandRole RoleOf(Descriptor descriptor) => descriptor.Type switch
    {
        DescriptorType.Wait => CommandRole.Synchronization,
        DescriptorType.Iotlb or DescriptorType.PasidIotlb or DescriptorType.DeviceTlb or DescriptorType.PasidDeviceTlb =>
            CommandRole.Invalidation,
        _ => CommandRole.Other,
    };

    public long SequenceOf(TranslationEntry entry) => entry.Sequence;

    public int PlacesOf(Descriptor descriptor, Span<InvalidationPlace> places)
    {
        var domain = descriptor.DomainId;
        var byAddress = descriptor.Granularity == Descriptor.Pages;
        places[0] = (descriptor.Type, descriptor.Granularity) switch
        {
            (DescriptorType.Iotlb, Descriptor.Global) => InvalidationPlace.Whole(In(Space.Everything)),
            (DescriptorType.Iotlb, Descriptor.Domain) => InvalidationPlace.Whole(In(Space.Domain, domain)),
            (DescriptorType.PasidIotlb, Descriptor.Domain) => InvalidationPlace.Whole(In(Space.Pasid, domain, descriptor.Pasid)),
            (DescriptorType.Iotlb, _) => InvalidationPlace.Range(In(Space.Pasid, domain, null), AddressesOf(descriptor)),
            (DescriptorType.PasidIotlb, _) => InvalidationPlace.Range(In(Space.Pasid, domain, descriptor.Pasid), AddressesOf(descriptor)),
            (DescriptorType.DeviceTlb, _) => InvalidationPlace.Range(In(Space.Device, descriptor.SourceId, null), AddressesOf(descriptor)),
            _ => InvalidationPlace.Range(In(Space.Device, descriptor.SourceId, descriptor.Pasid), AddressesOf(descriptor)),
        };
        if (descriptor.Type != DescriptorType.Iotlb || !byAddress) return 1;
        places[1] = InvalidationPlace.Whole(In(Space.OfFirstStage, domain));
        return 2;
    }

    public int PlacesOf(TranslationEntry entry, Span<InvalidationPlace> places)
    {
        if (entry.Kind == EntryKind.DeviceTlb)
        {
            places[0] = InvalidationPlace.Block(In(Space.Device, (ushort)entry.SourceId, entry.Pasid), entry.Base, entry.SizeLog2);
            return 1;
        }
        places[0] = InvalidationPlace.Whole(In(Space.Everything));
        places[1] = InvalidationPlace.Whole(In(Space.Domain, entry.DomainId));
        places[2] = InvalidationPlace.Block(In(Space.Pasid, entry.DomainId, entry.Pasid), entry.Base, entry.SizeLog2);
        if (entry.Pasid is null) return 3;
        places[3] = InvalidationPlace.Whole(In(Space.OfFirstStage, entry.DomainId));
        places[4] = InvalidationPlace.Whole(In(Space.Pasid, entry.DomainId, entry.Pasid));
        return 5;
    }

    public bool MustRemove(Descriptor descriptor, TranslationEntry entry)
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

    private static ulong In(Space space, ushort id = 0, uint? pasid = null) =>
        ((ulong)space << 56) | ((ulong)id << 32) | (pasid ?? 1u << 20);

    // First and last address that an invalidation names; everything where it names none.
    internal static (ulong First, ulong Last) AddressesOf(Descriptor descriptor)
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
