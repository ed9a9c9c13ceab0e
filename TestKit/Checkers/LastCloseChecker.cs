using Iommu.Messages;

namespace Iommu.TestKit.Checkers;

/// <summary>Invariant I1 at the last close of a context: every object could be destroyed, and nothing is left of them.</summary>
internal static class LastCloseChecker
{
    /// <param name="closed">The answer to it: how many objects it could not destroy.</param>
    /// <param name="left">What there is afterwards that it should have given back, in words; null when there is nothing.</param>
    /// <param name="findings">Where to report.</param>
    public static void Check(Answer closed, string? left, Findings findings)
    {
        if (closed.Errno != Errno.None || closed.Value != 0)
            findings.Report("I1", $"the last close is answered {closed}: {closed.Value} objects could not be destroyed");
        else if (left is not null) findings.Report("I1", $"the last close has left {left}");
    }
}
