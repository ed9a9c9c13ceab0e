using System.Collections.Concurrent;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Vtd.Caches;
using Iommu.Hardware.Vtd.Walk;

namespace Iommu.Hardware.Vtd;

/// <summary>Carries out the invalidation descriptors of one queue on the caches of its unit and of devices (section 6.5.2).</summary>
internal sealed class Invalidator(RemappingCore core, ConcurrentDictionary<uint, DeviceContext> devices)
{
    private readonly QueueLog<Descriptor> _log = core.Log.Open();

    /// <summary>Removes what a descriptor covers.</summary>
    /// <returns>A device that did not complete its part; null when all is done.</returns>
    public DeviceContext? Apply(Descriptor descriptor)
    {
        if (descriptor.Type == DescriptorType.PageGroupResponse)
        {
            Find(descriptor.SourceId)?.Respond(
                descriptor.HasPasid ? descriptor.Pasid : null, descriptor.Group, descriptor.ResponseCode);
            return null;
        }
        _log.Append(descriptor);
        DeviceContext? silent = null;
        switch (descriptor.Type)
        {
            case DescriptorType.ContextCache: ForgetContexts(descriptor); break;
            case DescriptorType.PasidCache: ForgetPasids(descriptor); break;
            case DescriptorType.Iotlb: InIotlb(descriptor); break;
            case DescriptorType.PasidIotlb: InPasidIotlb(descriptor); break;
            case DescriptorType.DeviceTlb: silent = InDevice(descriptor, null); break;
            case DescriptorType.PasidDeviceTlb: silent = InDevice(descriptor, descriptor.Pasid); break;
        }
        return silent;
    }

    /// <summary>The queue has come to a wait descriptor: what it had before is done.</summary>
    public void Settle() => _log.Settle();

    private void ForgetContexts(Descriptor descriptor)
    {
        foreach (var (sourceId, device) in devices)
            if (InvalidationScope.CoversContext(descriptor, sourceId)) device.ForgetContext();
    }

    private void ForgetPasids(Descriptor descriptor)
    {
        foreach (var (_, device) in devices) device.ForgetPasids(descriptor);
    }

    private void InIotlb(Descriptor descriptor)
    {
        if (descriptor.Granularity == Descriptor.Global)
        {
            var sequence = core.Log.Tick();
            foreach (var domain in core.Domains) RaiseAll(domain, sequence);
            return;
        }
        if (core.FindDomain(descriptor.DomainId) is not { } one) return;
        if (descriptor.Granularity == Descriptor.Domain)
        {
            RaiseAll(one, core.Log.Tick());
            return;
        }
        // What combines both stages cannot be found by a second-stage address: all of it goes (section 6.5.2.3).
        one.FirstStageFloor.Raise(core.Log.Tick());
        var (first, last) = descriptor.Range;
        core.SecondLeaves.Remove(one.SecondStage, first, last);
        if (!descriptor.LeafOnly) core.SecondTables.Remove(one.SecondStage, first, last);
    }

    private static void RaiseAll(DomainTags domain, long sequence)
    {
        domain.FirstStageFloor.Raise(sequence);
        domain.SecondStage.Own.Raise(sequence);
    }

    private void InPasidIotlb(Descriptor descriptor)
    {
        if (core.FindDomain(descriptor.DomainId)?.Find(descriptor.Pasid) is not { } tag) return;
        if (descriptor.Granularity == Descriptor.Domain)
        {
            tag.Own.Raise(core.Log.Tick());
            return;
        }
        var (first, last) = descriptor.Range;
        core.FirstLeaves.Remove(tag, first, last);
        if (!descriptor.LeafOnly) core.FirstTables.Remove(tag, first, last);
    }

    private DeviceContext? InDevice(Descriptor descriptor, uint? pasid)
    {
        if (Find(descriptor.SourceId) is not { } device) return null;
        if (device.IsGone) return device;
        var (first, last) = descriptor.Range;
        device.FindTlb(pasid)?.Remove(first, last);
        return null;
    }

    private DeviceContext? Find(uint sourceId) => devices.GetValueOrDefault(sourceId);
}
