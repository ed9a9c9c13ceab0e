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

/// <summary>
/// Fails the n-th step that is taken from now on, counted from 1, and no other: the kernel's /proc/self/fail-nth. Whoever opens contexts
/// for a process gives them one of these, arms it before a call and reads afterwards whether the call was hit. Any thread may call it.
/// </summary>
/// <param name="n">The step to fail; 0 for none until it is armed.</param>
public sealed class FailNth(int n = 0) : IFailureInjection
{
    private int _left = n;

    /// <summary>Steps from now to the one that fails; 0 when it has failed, or none is to. What a read of the file says.</summary>
    public int Left => Volatile.Read(ref _left);

    /// <summary>The step that failed; null when there were fewer.</summary>
    public string? Failed { get; private set; }

    /// <summary>A write of the file. 0 disarms.</summary>
    public void Arm(int nth)
    {
        Failed = null;
        Volatile.Write(ref _left, nth);
    }

    public bool ShouldFail(string step)
    {
        int left;
        do
        {
            left = Left;
            if (left <= 0) return false;
        }
        while (Interlocked.CompareExchange(ref _left, left - 1, left) != left);
        if (left > 1) return false;
        Failed = step;
        return true;
    }
}
