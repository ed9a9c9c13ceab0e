namespace Iommu.Hardware.Vtd.Driver;

/// <summary>Where translations of a domain may be cached, and so what an unmap must invalidate (cache.c, struct cache_tag).</summary>
/// <param name="Kind">What sort of cache it is.</param>
/// <param name="Id">The domain id, or for a device TLB the requester id.</param>
/// <param name="Pasid">The address space of the device.</param>
internal readonly record struct VtdCacheTag(VtdCacheTagKind Kind, uint Id, uint Pasid)
{
    /// <summary>The unit's caches are told before the devices', which ask it.</summary>
    public static int UnitFirst(VtdCacheTag left, VtdCacheTag right) => left.Kind.CompareTo(right.Kind);
}

/// <summary>The sorts of caches that hold translations of a domain.</summary>
internal enum VtdCacheTagKind
{
    /// <summary>The unit's, of a device that is attached to the domain.</summary>
    Iotlb,
    /// <summary>The unit's, of a device whose first stage is nested on the domain.</summary>
    NestingIotlb,
    /// <summary>The device's own: by address.</summary>
    DeviceTlb,
    /// <summary>The device's own behind a guest's first stage: its addresses are unknown, all goes.</summary>
    NestingDeviceTlb,
}
