namespace Iommu.Hardware.Smmuv3.Caches;

/// <summary>What a cached entry stands for.</summary>
public enum CacheKind : byte
{
    /// <summary>From a virtual to a physical address: stage 1, or both stages in one.</summary>
    Combined,
    /// <summary>A stage-1 table, reached without walking to it.</summary>
    Stage1Table,
    /// <summary>From an intermediate to a physical address.</summary>
    Stage2,
    Stage2Table,
    /// <summary>In a device's own cache (ATC).</summary>
    Atc,
}
