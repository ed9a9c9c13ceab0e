namespace Iommu.Bench.Journal;

/// <summary>An event of the size that mappings have.</summary>
internal sealed record MappedEvent(long Iova, long LengthBytes);
