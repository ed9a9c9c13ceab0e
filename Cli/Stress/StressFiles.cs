namespace Iommu.Cli.Stress;

/// <summary>Where a run left its files; null for one that was not asked for.</summary>
internal sealed record StressFiles(string? Journal, string? Json, string? Report);
