namespace Iommu.TestKit.Stress;

/// <summary>A run that cannot be started, in one line: what is wrong, where, and what would be right.</summary>
public sealed class StressException(string message, Exception? cause = null) : Exception(message, cause);
