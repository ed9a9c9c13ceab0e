using System.Collections.Concurrent;
using System.Collections.Immutable;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Vtd.Caches;
using Iommu.Hardware.Vtd.Formats;
using Iommu.Hardware.Vtd.Walk;

namespace Iommu.Hardware.Vtd;

/// <summary>
/// An Intel VT-d remapping unit in scalable mode: registers, tables and rings in memory, caches, one invalidation queue of the host's
/// and those that were handed to guests, and ports of devices. Ports translate on their threads while queues are stepped on others
/// and software writes tables.
/// </summary>
public sealed class RemappingUnit
{
    private readonly RemappingCore _core;
    private readonly PageRequestQueue _pageRequests;
    private readonly ConcurrentDictionary<uint, DeviceContext> _devices = new();
    private ImmutableArray<Port> _ports = [];

    /// <param name="name">Unique within the machine.</param>
    /// <param name="memory">Where its tables and rings are.</param>
    /// <param name="registers">As after reset; software fills in the rest.</param>
    /// <param name="sizes">Of the caches; the default when null.</param>
    /// <param name="guests">How many queues for guests it has, and where their registers are in the physical address space.</param>
    public RemappingUnit(
        string name, PhysicalMemory memory, Registers registers, VtdCacheSizes? sizes = null, (int Count, ulong Physical) guests = default)
    {
        Name = name;
        _core = new RemappingCore(memory, registers, sizes ?? VtdCacheSizes.Default);
        _pageRequests = new PageRequestQueue(memory, registers);
        Queue = new InvalidationQueue($"{name}.qi", memory, registers, OpenInvalidator(), () => [.. _ports.Select(port => port.Marker)]);
        GuestQueues = [.. Enumerable.Range(0, guests.Count).Select(
            i => new GuestInvalidationQueue(this, i, guests.Physical + (ulong)i * PhysicalMemory.PageBytes))];
        if (guests.Count > 0)
            memory.Attach(guests.Physical, (ulong)guests.Count * PhysicalMemory.PageBytes, new MmioPages(GuestQueues));
    }

    public string Name { get; }

    public Registers Registers => _core.Registers;

    public InvalidationQueue Queue { get; }

    /// <summary>What it has for guests.</summary>
    public IReadOnlyList<GuestInvalidationQueue> GuestQueues { get; }

    /// <summary>Its interrupts: a fault is recorded or lost, a page is asked for. Called on the thread that did it.</summary>
    public Action? Interrupt { set => Faults.Interrupt = _pageRequests.Interrupt = value; }

    public FaultRecorder Faults => _core.Faults;

    /// <summary>The invalidation clock: moves on when a queue has synchronized what it did, and with each <see cref="Tick"/>.</summary>
    public long Clock => _core.Log.Sequence;

    /// <summary>Translations cached now, those that are invalidated but not yet replaced included.</summary>
    public int CachedTranslations => _core.FirstLeaves.Count + _core.SecondLeaves.Count;

    internal PhysicalMemory Memory => _core.Memory;

    internal ImmutableArray<Port> Ports => _ports;

    /// <summary>Advances the clock without invalidating anything, and returns it: a mark between earlier and later walks.</summary>
    public long Tick() => _core.Log.Tick();

    /// <summary>A way in for a device. Its ports share what it caches itself.</summary>
    public Port OpenPort(uint sourceId, PortOptions options = default, ITransactionWitness<TranslationEntry>? witness = null)
    {
        options = options with { HasAts = options.HasAts && Registers.HasDeviceTlbs };
        var port = new Port(_core, ContextOf(sourceId), _pageRequests, options, witness);
        ImmutableInterlocked.Update(ref _ports, ports => ports.Add(port));
        return port;
    }

    /// <summary>Takes a port away whose device is gone; it must have no request in flight.</summary>
    public void ClosePort(Port port) => ImmutableInterlocked.Update(ref _ports, ports => ports.Remove(port));

    /// <summary>Whether a device does not answer invalidations of its TLB.</summary>
    public bool IsGone(uint sourceId) => ContextOf(sourceId).IsGone;

    /// <summary>A device stops, or starts again, to answer invalidations of its TLB.</summary>
    public void SetGone(uint sourceId, bool gone) => ContextOf(sourceId).IsGone = gone;

    /// <summary>A device completes an invalidation that nobody has asked it for: FSTS.ICE, and its id in IQER.</summary>
    public void CompleteUnasked(uint sourceId)
    {
        Registers.QueueError = (Registers.QueueError & ~(0xFFFFUL << 48)) | ((ulong)(ushort)sourceId << 48);
        Registers.SetStatus(FaultStatus.CompletionError);
    }

    /// <summary>A walk of a second stage for one who is no device: the guest's queue.</summary>
    internal (SecondStageWalk Walk, CachedPasid Pasid) WalkOf(PasidEntry entry)
    {
        var domain = _core.DomainOf(entry.DomainId);
        return (new SecondStageWalk(_core), new CachedPasid(entry, domain, domain.SecondStage, false));
    }

    /// <summary>What carries descriptors out, for one more queue of this unit.</summary>
    internal Invalidator OpenInvalidator() => new(_core, _devices);

    private DeviceContext ContextOf(uint sourceId) => _devices.GetOrAdd(sourceId, static sid => new DeviceContext(sid));
}
