using Iommu.Hardware.Vtd;
using Iommu.Hardware.Vtd.Caches;

namespace Iommu.TestKit.Checkers.Vtd;

/// <summary>Invariant I8 on a VT-d unit.</summary>
/// <param name="unit">Whose caches are watched.</param>
public sealed class StaleTranslation(RemappingUnit unit)
    : StaleTranslation<Descriptor, TranslationEntry>(InvalidationRules.Instance, unit.Tick);
