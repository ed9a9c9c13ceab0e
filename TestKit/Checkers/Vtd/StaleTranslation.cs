using Iommu.Hardware.Vtd;
using Iommu.Hardware.Vtd.Caches;

namespace Iommu.TestKit.Checkers.Vtd;

/// <summary>Invariant I8 on a VT-d unit.</summary>
/// <param name="unit">Whose caches are watched.</param>
/// <param name="setsLog2">Log2 of the sets of four invalidations that are remembered.</param>
public sealed class StaleTranslation(RemappingUnit unit, int setsLog2 = 14)
    : StaleTranslation<Descriptor, TranslationEntry>(InvalidationRules.Instance, unit.Tick, setsLog2);
