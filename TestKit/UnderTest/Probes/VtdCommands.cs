using Iommu.Hardware.Vtd;
using Iommu.TestKit.Checkers.Vtd;

namespace Iommu.TestKit.UnderTest.Probes;

/// <summary>What one expects of a VT-d unit's invalidation queue.</summary>
public static class VtdCommands
{
    /// <summary>The descriptor as the architecture has it (section 6.5.2).</summary>
    public static Descriptor Vtd(this ConsumedCommand consumed)
    {
        var words = consumed.Words.Span;
        return new(words[0], words[1], words[2], words[3]);
    }

    /// <summary>Expects an IOTLB invalidation by which translations of a domain go: of a second stage, or a PASID's first stage.</summary>
    /// <param name="queue">Of the unit.</param>
    /// <param name="domainId">Of the domain.</param>
    /// <param name="iova">One that goes with it; null when all of the domain must.</param>
    /// <exception cref="ExpectationException">There was none.</exception>
    public static Task<ConsumedCommand> ExpectIotlbAsync(this QueueProbe queue, int domainId, ulong? iova = null) => queue.ExpectAsync(
        $"an IOTLB invalidation for domain {domainId}{Probe.At(iova)}",
        consumed => consumed.Vtd() is { Type: DescriptorType.Iotlb or DescriptorType.PasidIotlb } descriptor
            && (descriptor is { Type: DescriptorType.Iotlb, Granularity: Descriptor.Global }
                || descriptor.DomainId == domainId && (descriptor.Granularity == Descriptor.Domain || Reaches(descriptor, iova))));

    /// <summary>Expects an invalidation of a device's own translations.</summary>
    /// <param name="queue">Of the unit.</param>
    /// <param name="sourceId">Of the device.</param>
    /// <param name="iova">One that it reaches.</param>
    /// <exception cref="ExpectationException">There was none.</exception>
    public static Task<ConsumedCommand> ExpectDeviceTlbAsync(this QueueProbe queue, uint sourceId, ulong iova) => queue.ExpectAsync(
        $"a device TLB invalidation for source 0x{sourceId:x} at 0x{iova:x}",
        consumed => consumed.Vtd() is { Type: DescriptorType.DeviceTlb or DescriptorType.PasidDeviceTlb } descriptor
            && descriptor.SourceId == sourceId && Reaches(descriptor, iova));

    private static bool Reaches(Descriptor descriptor, ulong? iova)
    {
        var (first, last) = InvalidationRules.AddressesOf(descriptor);
        return iova is { } one && one >= first && one <= last;
    }
}
