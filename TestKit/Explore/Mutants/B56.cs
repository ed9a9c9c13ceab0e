using System.Runtime.InteropServices;
using Akka.Actor;
using Iommu.Actors.Groups;
using Iommu.Actors.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Vtd;
using Iommu.Hardware.Vtd.Driver;

namespace Iommu.TestKit.Explore.Mutants;

/// <summary>
/// "CACHE_TAG_NESTING_DEVTLB polluting shared variables in the flush loop" taken back: a TLB of a device behind a guest's first stage is
/// flushed from address 0 on, and then so is each cache that was added to the second stage later.
/// </summary>
internal sealed class B56 : MailMutant
{
    private readonly HashSet<IActorRef> _nestedOn = [];
    private readonly HashSet<int> _later = [];

    public override string Name => "B56";

    public override string Summary => "a flush of a nested device's TLB changes the range of the flushes that come after it";

    public override string Scenario => "unmap-nested";

    protected override object? Change(IActorRef recipient, object message, IActorRef? sender)
    {
        if (message is AttachTo { Hwpt.Ioas: { } ioas } attach) Note(ioas, attach);
        return message is RunBatch batch && Polluted(batch.Batch.Words.Span) is { } words
            ? batch with { Batch = batch.Batch with { Words = words } } : message;
    }

    private void Note(IActorRef ioas, AttachTo attach)
    {
        if (attach.Hwpt.Hardware is VtdNestedDomain && attach.Device.Hardware is PhysicalDevice { HasAts: true }) _nestedOn.Add(ioas);
        else if (attach.Hwpt.Hardware is VtdPagingDomain { IsNestParent: true } parent && _nestedOn.Contains(ioas))
            _later.Add(parent.DomainId);
    }

    /// <summary>Null for a batch that has no flush of a whole device TLB, and of pages of what was attached later.</summary>
    private ulong[]? Polluted(ReadOnlySpan<ulong> words)
    {
        if (_later.Count == 0) return null;
        var descriptors = MemoryMarshal.Cast<ulong, Descriptor>(words).ToArray();
        if (!descriptors.Any(it => it.Type == DescriptorType.DeviceTlb && it.Range is { First: 0, Last: ulong.MaxValue })) return null;
        for (var i = 0; i < descriptors.Length; i++)
        {
            var it = descriptors[i];
            if (it.Type == DescriptorType.Iotlb && it.Granularity == Descriptor.Pages && _later.Contains(it.DomainId))
                descriptors[i] = Descriptor.IotlbPages(it.DomainId, 0, it.AddressMask, it.LeafOnly);
        }
        return MemoryMarshal.Cast<Descriptor, ulong>(descriptors).ToArray();
    }
}
