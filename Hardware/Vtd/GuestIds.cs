using System.Collections.Concurrent;

namespace Iommu.Hardware.Vtd;

/// <summary>
/// The slots that the host fills in for one owner of a direct queue: which of the unit's domain ids and requester ids the guest's own
/// stand for. What has no slot the guest cannot name.
/// </summary>
internal sealed class GuestIds
{
    private readonly ConcurrentDictionary<ushort, ushort> _domains = new();
    private readonly ConcurrentDictionary<ushort, ushort> _sources = new();

    /// <summary>The host's domain ids of this owner.</summary>
    public ICollection<ushort> Domains => _domains.Values;

    public bool TryAddDomain(ushort guest, int host) => _domains.TryAdd(guest, (ushort)host);

    public void RemoveDomain(int host)
    {
        foreach (var (guest, known) in _domains)
            if (known == host) _domains.TryRemove(guest, out _);
    }

    public bool TryAddSource(ushort guest, uint host) => _sources.TryAdd(guest, (ushort)host);

    public void RemoveSource(ushort guest) => _sources.TryRemove(guest, out _);

    public ushort? DomainOf(ushort guest) => _domains.TryGetValue(guest, out var host) ? host : null;

    public ushort? SourceOf(ushort guest) => _sources.TryGetValue(guest, out var host) ? host : null;

    /// <summary>What the guest calls a requester; null when it has none.</summary>
    public ushort? GuestSourceOf(ushort host)
    {
        foreach (var (guest, known) in _sources)
            if (known == host) return guest;
        return null;
    }

    public bool HasSource(uint host) => _sources.Values.Contains((ushort)host);
}
