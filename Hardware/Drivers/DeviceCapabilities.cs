namespace Iommu.Hardware.Drivers;

/// <summary>What an IOMMU can do for one device (enum iommu_cap, and what a PCI device says of itself).</summary>
public sealed record DeviceCapabilities
{
    /// <summary>IOMMU_CAP_CACHE_COHERENCY: without it a device cannot be bound.</summary>
    public bool CacheCoherent { get; init; } = true;

    /// <summary>IOMMU_CAP_ENFORCE_CACHE_COHERENCY: domains can be made to ignore a no-snoop of the device.</summary>
    public bool EnforcesCoherency { get; init; }

    /// <summary>Whether a DMA write of the device cannot pass for another's interrupt.</summary>
    public bool IsolatedMsi { get; init; } = true;

    public bool DirtyTracking { get; init; }

    public bool Ats { get; init; }

    /// <summary>PASIDs are below 2^this; 0 for none.</summary>
    public byte PasidBits { get; init; }

    public bool PasidExec { get; init; }

    public bool PasidPriv { get; init; }

    /// <summary>
    /// A guest with a first stage of its own keeps the PASIDs too: a page fault of one that is not attached goes to the nested HWPT of the
    /// device itself (struct iommu_ops, user_pasid_table).
    /// </summary>
    public bool GuestHasPasidTable { get; init; }

    /// <summary>A virtual function whose page requests go through its physical function: it gets no HWPT with a fault queue.</summary>
    public bool SharesPageRequests { get; init; }
}
