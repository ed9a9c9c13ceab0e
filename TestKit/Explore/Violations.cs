namespace Iommu.TestKit.Explore;

/// <summary>What can be broken besides the invariants I1 to I13.</summary>
public static class Violations
{
    /// <summary>An actor threw something that no invariant has a name for.</summary>
    public const string Failure = "failure";

    /// <summary>Nothing can move, no timer helps, and a caller waits.</summary>
    public const string Deadlock = "deadlock";

    /// <summary>What a test expects is not so.</summary>
    public const string Expectation = "expectation";

    /// <summary>No order of the calls gives their answers and what they left.</summary>
    public const string Order = "linearizability";
}
