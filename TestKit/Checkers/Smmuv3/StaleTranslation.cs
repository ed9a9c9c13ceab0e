using Iommu.Hardware.Queues;
using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Caches;

namespace Iommu.TestKit.Checkers.Smmuv3;

/// <summary>Invariant I8 on an SMMUv3.</summary>
/// <param name="smmu">Whose caches are watched.</param>
/// <param name="setsLog2">Log2 of the sets of four invalidations that are remembered.</param>
public sealed class StaleTranslation(Smmu smmu, int setsLog2 = StaleTranslation.DefaultSetsLog2)
    : StaleTranslation<Command, CacheEntry>(InvalidationRules.Instance, smmu.Tick, setsLog2)
{
    private const int DefaultSetsLog2 = 16;

    /// <param name="queue">As above.</param>
    /// <param name="repeats">Whether the SMMU needs its TLBI and CFGI commands twice (an erratum).</param>
    public ICommandQueue Watch(ICommandQueue queue, bool repeats) =>
        Watch(queue, null, repeats ? command => command.Opcode != Opcode.AtcInv : null);
}
