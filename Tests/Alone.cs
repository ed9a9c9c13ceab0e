namespace Iommu.Tests;

/// <summary>
/// Tests that run when no other does: they need what is the process's, or take the machine from tests that expect something within seconds.
/// </summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
