using System.Collections.Immutable;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using RiscvIommu.Caches;
using RiscvIommu.Walk;

namespace RiscvIommu;

/// <summary>
/// A RISC-V IOMMU: registers, tables and rings in memory, caches, a command queue, a fault queue, ports of devices. Ports translate on
/// their threads while the queue is stepped on another and software writes tables on yet another.
/// </summary>
public sealed class RiscvUnit
{
    private readonly Core _core;
    private ImmutableArray<TransactionMarker> _markers = [];

    /// <param name="name">Unique within the machine.</param>
    /// <param name="memory">Where its tables and rings are.</param>
    /// <param name="tlbPlacesLog2">Log2 of the translations that it caches.</param>
    public RiscvUnit(string name, PhysicalMemory memory, int tlbPlacesLog2)
    {
        Name = name;
        _core = new Core(memory, new Registers(), tlbPlacesLog2);
        Commands = new CommandQueue($"{name}.cq", _core, () => _markers);
    }

    public string Name { get; }

    public Registers Registers => _core.Registers;

    public CommandQueue Commands { get; }

    public FaultQueue Faults => _core.Faults;

    /// <summary>Translations and tables in its cache now.</summary>
    public int Cached => _core.Tlb.Count;

    /// <summary>Advances the invalidation clock without invalidating, and returns it: a mark between earlier and later walks.</summary>
    public long Tick() => _core.Log.Tick();

    public Port OpenPort(uint deviceId, ITransactionWitness<TlbEntry>? witness = null)
    {
        var port = new Port(_core, deviceId, witness);
        ImmutableInterlocked.Update(ref _markers, (markers, added) => markers.Add(added), port.Marker);
        return port;
    }
}
