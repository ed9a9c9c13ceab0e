namespace Iommu.Hardware.Vtd;

/// <summary>
/// What a guest may put into its direct queue, and what it becomes: first-stage and device TLB invalidations with its ids replaced by
/// those of its slots, and wait descriptors. Context and PASID entries of a guest are its hypervisor's to carry over, page groups are
/// answered through the fault queue: their descriptors are refused.
/// </summary>
internal static class GuestDescriptors
{
    /// <summary>The unit's descriptors, possibly none; an error when the guest may not issue this one.</summary>
    public static (IReadOnlyList<Descriptor> Host, QueueError Error) Convert(Descriptor guest, GuestIds ids, Registers registers)
    {
        var error = DescriptorCheck.ErrorOf(guest, registers);
        if (error != QueueError.None) return ([], error);
        switch (guest.Type)
        {
            case DescriptorType.Iotlb when guest.Granularity == Descriptor.Global:
                return ([.. ids.Domains.Select(domain => Descriptor.IotlbOfDomain(domain))], QueueError.None);
            // The guest's second stage is the host's: pages of it mean nothing, the domain goes.
            case DescriptorType.Iotlb:
                return (ids.DomainOf(guest.DomainId) is { } all ? [Descriptor.IotlbOfDomain(all)] : [], QueueError.None);
            case DescriptorType.PasidIotlb:
                return (ids.DomainOf(guest.DomainId) is { } domain ? [WithField(guest, domain, 16)] : [], QueueError.None);
            case DescriptorType.DeviceTlb:
                return ids.SourceOf(guest.SourceId) is { } own
                    ? ([WithField(guest, own, 32)], QueueError.None) : ([], QueueError.ReservedField);
            case DescriptorType.PasidDeviceTlb:
                return ids.SourceOf(guest.SourceId) is { } source
                    ? ([WithField(guest, source, 16)], QueueError.None) : ([], QueueError.ReservedField);
            default:
                return ([], QueueError.DescriptorType);
        }
    }

    private static Descriptor WithField(Descriptor guest, ushort id, int low) =>
        guest with { Word0 = (guest.Word0 & ~(0xFFFFUL << low)) | ((ulong)id << low) };
}
