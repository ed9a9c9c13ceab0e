namespace Iommu.Replay;

/// <summary>Nothing can run, no timer can help, and somebody waits: says who waits for whom.</summary>
public sealed class RunBlockedException(string message) : InvalidOperationException(message);
