namespace Iommu.Actors.Core;

/// <summary>
/// Decides which step of a creating call fails, as the kernel's <c>fail_nth</c> does. Asked once a step, from any actor.
/// </summary>
public interface IFailureInjection
{
    /// <param name="step">
    /// The step about to be taken, for instance <c>reserve id</c>. A failed step answers ENOMEM; <c>reserve regions</c> EINVAL.
    /// </param>
    bool ShouldFail(string step);
}

/// <summary>Nothing fails.</summary>
public sealed class NoFailures : IFailureInjection
{
    public static readonly NoFailures Instance = new();

    public bool ShouldFail(string step) => false;
}

/// <summary>Fails the n-th step that is taken, counted from 1, and no other.</summary>
public sealed class FailNth(int n) : IFailureInjection
{
    private int _taken;

    /// <summary>The step that failed; null when there were fewer than n.</summary>
    public string? Failed { get; private set; }

    public bool ShouldFail(string step)
    {
        if (Interlocked.Increment(ref _taken) != n) return false;
        Failed = step;
        return true;
    }
}
