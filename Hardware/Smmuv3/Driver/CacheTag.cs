namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>Where translations of a domain may be cached, and so what an unmap must invalidate.</summary>
/// <param name="Kind">What sort of cache it is.</param>
/// <param name="Id">The ASID, the VMID, or for an ATC the stream id.</param>
/// <param name="Pasid">For an ATC: in which address space of the device; 0 is its own.</param>
public readonly record struct CacheTag(CacheTagKind Kind, uint Id, uint Pasid = 0);

/// <summary>The sorts of caches that hold translations of a domain.</summary>
public enum CacheTagKind
{
    /// <summary>Stage 1 of the host, under an ASID and VMID 0.</summary>
    Asid,
    /// <summary>Stage 2 alone, under a VMID.</summary>
    Vmid,
    /// <summary>Stage 2 under a guest's stage 1: what combines both stages goes by VMID as a whole.</summary>
    NestedVmid,
    /// <summary>The ATC of a device that is attached to the domain itself: by address.</summary>
    Atc,
    /// <summary>The ATC of a device behind a guest's stage 1: its addresses are unknown, all goes.</summary>
    NestedAtc,
}
