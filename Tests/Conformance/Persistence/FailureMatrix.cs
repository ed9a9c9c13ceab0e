namespace Iommu.Tests.Conformance.Persistence;

public class FailureInMemory() : FailureSpec("");
