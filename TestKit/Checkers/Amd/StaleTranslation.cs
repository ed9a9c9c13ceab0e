using Iommu.Hardware.Amd;
using Iommu.Hardware.Amd.Caches;

namespace Iommu.TestKit.Checkers.Amd;

/// <summary>Invariant I8 on an AMD IOMMU.</summary>
/// <param name="iommu">Whose caches are watched.</param>
public sealed class StaleTranslation(AmdIommu iommu) : StaleTranslation<Command, CacheEntry>(InvalidationRules.Instance, iommu.Tick);
