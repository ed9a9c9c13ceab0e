namespace Iommu.TestKit.Captures;

/// <summary>A capture that cannot be read: which file, where in it, and what would be right there.</summary>
public sealed class CaptureException(string file, long? row, string problem)
    : Exception(row is null ? $"{file}: {problem}" : $"{file}, row {row}: {problem}");
