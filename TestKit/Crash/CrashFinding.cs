namespace Iommu.TestKit.Crash;

/// <summary>What can be wrong with what a recovery brings back.</summary>
public enum CrashFault
{
    /// <summary>Something that an acknowledged call did is not there.</summary>
    LostOp,

    /// <summary>An object, an attachment or an area is there that no call can have made.</summary>
    PhantomObject,

    /// <summary>The object is there, and is another than it was; or the context does not answer as its state should.</summary>
    GraphMismatch,

    /// <summary>A call has taken effect twice.</summary>
    DuplicateEffect,

    /// <summary>A caller was not answered by a simulator that was alive.</summary>
    HungCaller,
}

/// <summary>One thing that was wrong.</summary>
/// <param name="Fault">What kind.</param>
/// <param name="What">The object, and what it should have been.</param>
public sealed record CrashFinding(CrashFault Fault, string What);

/// <summary>A recovery that was compared, in the words of the model.</summary>
/// <param name="Context">Which context.</param>
/// <param name="Before">What had been acknowledged when it was killed, as it is after a crash.</param>
/// <param name="InFlight">The call that was cut off; null when there was none.</param>
/// <param name="After">What was recovered.</param>
public sealed record RecoveredContext(string Context, string Before, string? InFlight, string After)
{
    /// <summary>A line of either, with what it is: ' ' in both, '-' before only, '+' after only.</summary>
    public IReadOnlyList<(char Mark, string Line)> Difference() => LineDifference.Of(Before, After);
}
