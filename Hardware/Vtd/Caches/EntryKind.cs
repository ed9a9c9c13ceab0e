namespace Iommu.Hardware.Vtd.Caches;

/// <summary>What a cached entry stands for.</summary>
public enum EntryKind : byte
{
    /// <summary>Of the first stage, or of both stages in one.</summary>
    FirstStage,
    /// <summary>A first-stage table, reached without walking to it.</summary>
    FirstStageTable,
    /// <summary>Of the second stage: input, or guest physical addresses.</summary>
    SecondStage,
    SecondStageTable,
    /// <summary>In a device's own cache.</summary>
    DeviceTlb,
}
