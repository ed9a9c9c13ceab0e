namespace Iommu.TestKit.Crash.Simulated;

/// <summary>What a simulated journal does wrong: a bug that a test plants, or a failure of the database.</summary>
internal sealed record StoreFaults
{
    public static readonly StoreFaults None = new();

    /// <summary>A writer is told at once, and not when it is durable.</summary>
    public bool ConfirmsEarly { get; init; }

    /// <summary>Events that are said to be written and are not, as if the code forgot them.</summary>
    public Func<object, bool> Forgets { get; init; } = _ => false;

    /// <summary>What becomes of a snapshot.</summary>
    public Func<object, object> Spoils { get; init; } = state => state;

    /// <summary>The number of the write during which the connection is lost; 0 for none. Its writer is told that nobody knows.</summary>
    public int LosesConnectionAt { get; init; }

    /// <summary>Whether that write is durable.</summary>
    public bool AfterCommit { get; init; }
}
