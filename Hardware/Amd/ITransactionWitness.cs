using Iommu.Hardware.Amd.Caches;

namespace Iommu.Hardware.Amd;

/// <summary>Watches the transactions of one port, for checkers. Called on the port's thread.</summary>
public interface ITransactionWitness
{
    /// <summary>A transaction starts; nothing that it uses has been looked up yet.</summary>
    void Started();

    /// <summary>The transaction uses a cached entry.</summary>
    void Hit(CacheEntry entry);
}
