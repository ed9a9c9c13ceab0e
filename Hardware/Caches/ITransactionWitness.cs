namespace Iommu.Hardware.Caches;

/// <summary>
/// Watches the transactions of one way into an IOMMU, for checkers. A way in without one pays nothing. Called on the device's thread.
/// </summary>
/// <typeparam name="TEntry">What the IOMMU's caches hold.</typeparam>
public interface ITransactionWitness<in TEntry> where TEntry : class
{
    /// <summary>A transaction starts; nothing that it uses has been looked up yet.</summary>
    void Started();

    /// <summary>The transaction uses a cached entry: of a TLB, of the walk caches, or of its device's own cache.</summary>
    void Hit(TEntry entry);
}
