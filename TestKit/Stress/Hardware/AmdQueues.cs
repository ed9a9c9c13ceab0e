using Iommu.Hardware.Amd;
using Iommu.Hardware.Amd.Caches;
using Iommu.Hardware.Amd.Driver;
using Iommu.Hardware.Memory;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Checkers;

namespace Iommu.TestKit.Stress.Hardware;

/// <summary>The command buffer of a guest of an AMD IOMMU: one, which its vCPUs share.</summary>
internal sealed class AmdQueues(PhysicalMemory memory, StaleTranslation<Command, CacheEntry> stale, FaultPlanter faults) : GuestQueues
{
    public override HwQueueType Type => HwQueueType.AmdCommandBuffer;

    public override int PerGuest => 1;

    public override ulong RingBytes => 1 << 14;

    public override GuestQueue Open(QueueGrant grant)
    {
        var devices = grant.Devices.ToDictionary(device => (ushort)device.VirtualId, device => (ushort)device.Physical.StreamId);
        var domains = new Dictionary<ushort, ushort>();
        foreach (var device in grant.Devices)
            if (device.Nested is AmdNestedDomain nested) domains[device.Asid] = nested.HostDomainId;
        return new AmdQueue(grant, memory, RingBytes, ring => stale.Watch(faults.InGuest(ring), Effective));

        // What the hardware should make of a command: the yardstick for I8, not what it does make of it.
        IEnumerable<Command> Effective(Command command) => command.Opcode switch
        {
            Opcode.CompletionWait => [command],
            Opcode.InvalidateIommuPages when domains.TryGetValue(command.DomainId, out var domain) => [command.WithDomain(domain)],
            Opcode.InvalidateIotlbPages when devices.TryGetValue(command.DeviceId, out var device) => [command.WithDevice(device)],
            Opcode.InvalidateIommuAll => domains.Values.Select(Command.AllPages),
            _ => [],
        };
    }
}
