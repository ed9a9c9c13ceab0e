namespace Iommu.Tests.Conformance;

/// <summary>What the actors of the specs throw.</summary>
public sealed class Fault(string message) : Exception(message);
