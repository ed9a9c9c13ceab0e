using System.Collections.Concurrent;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using RiscvIommu.Caches;
using RiscvIommu.Formats;

namespace RiscvIommu.Walk;

/// <summary>What walks share: memory, registers, caches and the invalidation clock of one IOMMU.</summary>
internal sealed class Core(PhysicalMemory memory, Registers registers, int tlbPlacesLog2)
{
    private readonly ConcurrentDictionary<uint, ContextSlot> _contexts = new();

    public PhysicalMemory Memory { get; } = memory;

    public Registers Registers { get; } = registers;

    public InvalidationLog<Command> Log { get; } = new();

    public Tlb Tlb { get; } = new(tlbPlacesLog2);

    public FaultQueue Faults { get; } = new(memory, registers);

    public ContextSlot ContextOf(uint deviceId) => _contexts.GetOrAdd(deviceId, static id => new ContextSlot(id));

    /// <summary>Keeps an entry unless an invalidation overtook the walk that found it.</summary>
    public void Keep(TlbEntry entry)
    {
        Tlb.Insert(entry);
        if (Log.MayCover(entry, entry.Sequence, Reach.Covers)) Tlb.Withdraw(entry);
    }

    /// <summary>Carries an invalidation out: noted first in the log of its queue, so that a walk under way knows.</summary>
    public void Invalidate(Command command, QueueLog<Command> log)
    {
        log.Append(command);
        if (command.Opcode != Opcode.IodirInvalDdt) Tlb.Remove(command);
        else
            foreach (var (deviceId, slot) in _contexts)
                if (Reach.CoversDevice(command, deviceId)) slot.Forget();
    }
}

/// <summary>The context cache's place for one device.</summary>
internal sealed class ContextSlot(uint deviceId)
{
    private Cached? _cached;

    public uint DeviceId { get; } = deviceId;

    public Cached? Context => Volatile.Read(ref _cached);

    /// <summary>Keeps a context unless an invalidation overtook its fetch.</summary>
    public Cached Keep(DeviceContext context, InvalidationLog<Command> log, long since)
    {
        var cached = new Cached(context);
        Interlocked.Exchange(ref _cached, cached);
        if (log.MayCover(DeviceId, since, Reach.CoversDevice)) Interlocked.CompareExchange(ref _cached, null, cached);
        return cached;
    }

    public void Forget() => Volatile.Write(ref _cached, null);

    /// <summary>A context with the stages that it describes: the one that requests begin with, null when they pass untranslated.</summary>
    internal sealed class Cached(DeviceContext context)
    {
        public DeviceContext Context { get; } = context;

        public Stage? Stage { get; } = Stage.Of(context);
    }
}
