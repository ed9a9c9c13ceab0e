using Iommu.Hardware.Memory;
using Iommu.Hardware.Vtd;
using Iommu.Hardware.Vtd.Caches;
using Iommu.Hardware.Vtd.Driver;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;

namespace Iommu.TestKit.Stress.Hardware;

/// <summary>The invalidation queue of a guest of a VT-d unit: one, which its vCPUs share.</summary>
internal sealed class VtdQueues(
    PhysicalMemory memory, StaleTranslation<Descriptor, TranslationEntry> stale, FaultPlanter faults, int maxAddressMask) : GuestQueues
{
    public override HwQueueType Type => HwQueueType.VtdInvalidation;

    public override int PerGuest => 1;

    public override ulong RingBytes => 1 << 15;

    public override GuestQueue Open(QueueGrant grant)
    {
        var domains = grant.Devices.ToDictionary(device => device.Asid, device => (ulong)((VtdNestedDomain)device.Nested!).DomainId);
        var sources = grant.Devices.ToDictionary(device => (ushort)device.VirtualId, device => (ulong)device.Physical.StreamId);
        return new VtdQueue(
            grant, memory, RingBytes, maxAddressMask, ring => stale.Watch(faults.InGuest(ring), command => [Effective(command)]));

        // What the hardware should make of a descriptor: the yardstick for I8, not what it does make of it.
        Descriptor Effective(Descriptor descriptor) => descriptor.Type switch
        {
            DescriptorType.PasidIotlb => WithField(descriptor, domains[descriptor.DomainId], 16),
            DescriptorType.DeviceTlb => WithField(descriptor, sources[descriptor.SourceId], 32),
            DescriptorType.PasidDeviceTlb => WithField(descriptor, sources[descriptor.SourceId], 16),
            _ => descriptor,
        };
    }

    private static Descriptor WithField(Descriptor descriptor, ulong id, int low) =>
        descriptor with { Word0 = (descriptor.Word0 & ~(0xFFFFUL << low)) | (id << low) };
}
