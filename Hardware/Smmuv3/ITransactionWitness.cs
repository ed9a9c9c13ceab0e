using Iommu.Hardware.Smmuv3.Caches;

namespace Iommu.Hardware.Smmuv3;

/// <summary>
/// Watches the transactions of one port, for checkers. A port without one pays nothing. Called on the port's thread.
/// </summary>
public interface ITransactionWitness
{
    /// <summary>A transaction starts; nothing that it uses has been looked up yet.</summary>
    void Started();

    /// <summary>The transaction uses a cached entry.</summary>
    void Hit(CacheEntry entry);
}
