using Iommu.Hardware.Vtd.Caches;

namespace Iommu.Hardware.Vtd;

/// <summary>
/// Watches the requests of one port, for checkers. A port without one pays nothing. Called on the port's thread.
/// </summary>
public interface ITransactionWitness
{
    /// <summary>A request starts; nothing that it uses has been looked up yet.</summary>
    void Started();

    /// <summary>The request uses a cached entry.</summary>
    void Hit(TranslationEntry entry);
}
