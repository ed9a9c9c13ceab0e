namespace Iommu.Hardware.Processors;

/// <summary>An IOMMU on the interconnect that carries the processors' TLB maintenance (DVM).</summary>
public interface IBroadcastListener
{
    /// <summary>Removes what a vCPU's invalidation covers.</summary>
    /// <returns>Whether the transactions that may still use it have ended: asked until it is true.</returns>
    Func<bool> Invalidate(int vmid, CpuInvalidation invalidation);
}
