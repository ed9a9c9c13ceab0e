using System.Collections.Concurrent;
using System.Collections.Immutable;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processors;
using Iommu.Hardware.Smmuv3.Caches;
using Iommu.Hardware.Smmuv3.Walk;

namespace Iommu.Hardware.Smmuv3;

/// <summary>
/// An Arm SMMUv3: registers, tables and rings in memory, caches, one command queue, and a port per device. Ports
/// translate on their threads while the queue is stepped on another and software writes tables on a third.
/// </summary>
public sealed class Smmu : IBroadcastListener
{
    private readonly SmmuCore _core;
    private readonly PageRequestQueue _pageRequests;
    private readonly ConcurrentDictionary<uint, StreamContext> _streams = new();
    private readonly Invalidator _broadcasts;
    private readonly Lock _broadcasting = new();
    private ImmutableArray<TransactionMarker> _markers = [];

    /// <param name="name">Unique within the machine.</param>
    /// <param name="memory">Where its tables and rings are.</param>
    /// <param name="registers">As after reset; software fills in the rest.</param>
    /// <param name="sizes">Of the caches; the default when null.</param>
    public Smmu(string name, PhysicalMemory memory, Registers registers, CacheSizes? sizes = null)
    {
        Name = name;
        _core = new SmmuCore(memory, registers, sizes ?? CacheSizes.Default);
        _broadcasts = OpenInvalidator();
        CommandQueue = new CommandQueue(
            $"{name}.cmdq", memory, registers, OpenInvalidator(), new Responder(_core, _streams), () => _markers);
        _pageRequests = new PageRequestQueue(memory, registers);
    }

    public string Name { get; }

    public Registers Registers => _core.Registers;

    public CommandQueue CommandQueue { get; }

    /// <summary>Called when an event or a page request is there for software, on whatever thread it came from.</summary>
    public Action? Interrupt
    {
        set => _core.Events.Interrupt = _pageRequests.Interrupt = value;
    }

    /// <summary>Of the ways in that are open now.</summary>
    internal ImmutableArray<TransactionMarker> Markers => _markers;

    /// <summary>The invalidation clock: moves on when a queue has synchronized what it did, and with each <see cref="Tick"/>.</summary>
    public long Clock => _core.Log.Sequence;

    /// <summary>Entries in the TLB and the stage-2 cache now, those that are invalidated but not yet replaced included.</summary>
    public int CachedTranslations => _core.Tlb.Count + _core.Stage2Leaves.Count;

    /// <summary>Advances the clock without invalidating anything, and returns it: a mark between earlier and later walks.</summary>
    public long Tick() => _core.Log.Tick();

    /// <summary>A way in for a device. A device with ATS has a translation cache of its own, which its ports share.</summary>
    /// <param name="streamId">Of the device.</param>
    /// <param name="hasAts">Whether it has an ATC.</param>
    /// <param name="witness">Watches its transactions.</param>
    /// <param name="substream">What every transaction has with it (PASID); null for none.</param>
    public Port OpenPort(uint streamId, bool hasAts = false, ITransactionWitness<CacheEntry>? witness = null, uint? substream = null)
    {
        var port = new Port(_core, StreamOf(streamId).SlotOf(substream), hasAts && Registers.HasAts, witness);
        ImmutableInterlocked.Update(ref _markers, (markers, added) => markers.Add(added), port.Marker);
        return port;
    }

    /// <summary>A way to ask for pages, for a device of an SMMU that has page requests.</summary>
    public PageRequestInterface OpenPageRequests(uint streamId) => new(_pageRequests, StreamOf(streamId));

    /// <summary>Takes a port away whose device is gone; it must have no transaction in flight.</summary>
    public void ClosePort(Port port) =>
        ImmutableInterlocked.Update(ref _markers, (markers, gone) => markers.Remove(gone), port.Marker);

    /// <summary>Takes part in TLB maintenance of the processors, unless it is told not to (CR2.PTM).</summary>
    public Func<bool> Invalidate(int vmid, CpuInvalidation invalidation)
    {
        if (!Registers.TakesBroadcasts) return () => true;
        lock (_broadcasting)
        {
            _broadcasts.Apply(CommandOf(vmid, invalidation));
            _broadcasts.Settle();
        }
        var inFlight = new InFlight();
        inFlight.Capture(_markers);
        return inFlight.HaveEnded;
    }

    /// <summary>What carries commands out, for one more queue of this SMMU.</summary>
    internal Invalidator OpenInvalidator() => new(_core, _streams);

    private static Command CommandOf(int vmid, CpuInvalidation invalidation) => invalidation.Scope switch
    {
        CpuScope.All => Command.NhAll(vmid),
        CpuScope.Asid => Command.NhAsid(vmid, invalidation.Asid),
        CpuScope.Address => Command.NhVa(vmid, invalidation.Asid, invalidation.Address, invalidation.LastLevelOnly),
        _ => Command.NhVaa(vmid, invalidation.Address, invalidation.LastLevelOnly),
    };

    private StreamContext StreamOf(uint streamId) => _streams.GetOrAdd(streamId, sid => new StreamContext(sid));
}
