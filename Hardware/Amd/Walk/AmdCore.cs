using System.Collections.Concurrent;
using Iommu.Hardware.Amd.Caches;
using Iommu.Hardware.Memory;

namespace Iommu.Hardware.Amd.Walk;

/// <summary>What walks and command buffers share: memory, registers, caches, logs and devices of one IOMMU.</summary>
internal sealed class AmdCore(PhysicalMemory memory, Registers registers, CacheSizes sizes)
{
    private readonly ConcurrentDictionary<ushort, DeviceContext> _devices = new();

    public PhysicalMemory Memory { get; } = memory;

    public Registers Registers { get; } = registers;

    public TranslationCaches Caches { get; } = new(sizes);

    public LogRing Events { get; } = LogRing.Events(memory, registers.Queues);

    public LogRing PageRequests { get; } = LogRing.Ppr(memory, registers.Queues);

    public DeviceContext DeviceOf(ushort device) => _devices.GetOrAdd(device, id => new DeviceContext(id));

    /// <summary>Carries out a command that is not a COMPLETION_WAIT.</summary>
    public void Apply(Command command)
    {
        switch (command.Opcode)
        {
            case Opcode.InvalidateIommuAll:
                Caches.Invalidate(command, _devices.Values);
                break;
            case Opcode.InvalidateIommuPages:
                Caches.Invalidate(command, []);
                break;
            case Opcode.InvalidateDevtabEntry or Opcode.InvalidateIotlbPages:
                Caches.Invalidate(command, _devices.TryGetValue(command.DeviceId, out var device) ? [device] : []);
                break;
            case Opcode.CompletePprRequest:
                if (_devices.TryGetValue(command.DeviceId, out var asked))
                    asked.Responses.Enqueue(new PprResponse(command.IsGuest ? command.Pasid : null, command.PprTag, command.PprStatus));
                break;
        }
    }
}
