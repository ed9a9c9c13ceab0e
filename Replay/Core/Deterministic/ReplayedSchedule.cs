namespace Iommu.Replay;

/// <summary>Repeats the choices of an earlier run; where they end, the longest runnable goes first.</summary>
public sealed class ReplayedSchedule(IReadOnlyList<int> choices) : ISchedule
{
    private int _next;

    /// <exception cref="InvalidOperationException">The run is not the one recorded.</exception>
    public int Choose(IReadOnlyList<ITurn> runnable)
    {
        if (_next >= choices.Count) return 0;
        var choice = choices[_next++];
        return choice < runnable.Count
            ? choice
            : throw new InvalidOperationException(
                $"Choice {_next - 1} of the recording is number {choice}, but only {runnable.Count} turns are possible: "
                + "the run has diverged.");
    }
}
