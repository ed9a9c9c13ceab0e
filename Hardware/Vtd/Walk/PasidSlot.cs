using Iommu.Hardware.Caches;
using Iommu.Hardware.Vtd.Caches;

namespace Iommu.Hardware.Vtd.Walk;

/// <summary>What the PASID cache has of one PASID of one device.</summary>
internal sealed class PasidSlot(uint pasid)
{
    private CachedPasid? _cached;

    public uint Pasid { get; } = pasid;

    public CachedPasid? Cached => Volatile.Read(ref _cached);

    /// <summary>Keeps an entry unless an invalidation overtook its fetch.</summary>
    public void Keep(CachedPasid cached, InvalidationLog<Descriptor> log, long since)
    {
        Interlocked.Exchange(ref _cached, cached);
        if (log.MayCover((cached.Entry.DomainId, Pasid), since, InvalidationScope.CoversPasid))
            Interlocked.CompareExchange(ref _cached, null, cached);
    }

    public void Forget(Descriptor descriptor)
    {
        while (Cached is { } cached && InvalidationScope.CoversPasid(descriptor, (cached.Entry.DomainId, Pasid)))
            if (ReferenceEquals(Interlocked.CompareExchange(ref _cached, null, cached), cached)) return;
    }
}
