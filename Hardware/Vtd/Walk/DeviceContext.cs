using System.Collections.Concurrent;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Vtd.Caches;
using Iommu.Hardware.Vtd.Formats;

namespace Iommu.Hardware.Vtd.Walk;

/// <summary>
/// What a remapping unit caches of one device (context cache, PASID cache), and the device's half of ATS and page requests: its own
/// translation caches and the responses it got.
/// </summary>
internal sealed class DeviceContext(uint sourceId)
{
    private readonly ConcurrentDictionary<uint, PasidSlot> _slots = new();
    private readonly ConcurrentDictionary<uint, DeviceTlb> _pasidTlbs = new();
    private readonly ConcurrentDictionary<(uint? Pasid, uint Group), int> _responses = new();
    private CachedContext? _context;
    private volatile bool _isGone;

    public uint SourceId { get; } = sourceId;

    /// <summary>The TLB of requests without PASID.</summary>
    public DeviceTlb OwnTlb { get; } = new();

    public CachedContext? Context => Volatile.Read(ref _context);

    /// <summary>It answers no invalidation of its cache any more.</summary>
    public bool IsGone { get => _isGone; set => _isGone = value; }

    public PasidSlot SlotOf(uint pasid) => _slots.GetOrAdd(pasid, static pasid => new PasidSlot(pasid));

    public DeviceTlb TlbOf(uint? pasid) =>
        pasid is { } value ? _pasidTlbs.GetOrAdd(value, static _ => new DeviceTlb()) : OwnTlb;

    public DeviceTlb? FindTlb(uint? pasid) => pasid is { } value ? _pasidTlbs.GetValueOrDefault(value) : OwnTlb;

    /// <summary>Keeps a context entry unless an invalidation overtook its fetch.</summary>
    public void Keep(ContextEntry entry, InvalidationLog<Descriptor> log, long since)
    {
        var cached = new CachedContext(entry, SlotOf(entry.RequesterPasid));
        Interlocked.Exchange(ref _context, cached);
        if (log.MayCover(SourceId, since, InvalidationScope.CoversContext)) Interlocked.CompareExchange(ref _context, null, cached);
    }

    public void ForgetContext() => Volatile.Write(ref _context, null);

    public void ForgetPasids(Descriptor descriptor)
    {
        foreach (var (_, slot) in _slots) slot.Forget(descriptor);
    }

    public void Respond(uint? pasid, uint group, int code) => _responses[(pasid, group)] = code;

    public int? TakeResponse(uint? pasid, uint group) => _responses.TryRemove((pasid, group), out var code) ? code : null;

    /// <param name="Entry">The entry.</param>
    /// <param name="Requester">The PASID that stands for requests without one.</param>
    internal sealed record CachedContext(ContextEntry Entry, PasidSlot Requester);
}
