using Iommu.TestKit.Stress;

namespace Iommu.TestKit.Checkers;

/// <summary>Where checkers report what they found, from any thread. Keeps the first findings: the others follow from them.</summary>
/// <param name="onFirst">Runs at the first finding, on the thread of whoever reports it.</param>
public sealed class Findings(Action? onFirst = null)
{
    private const int KeptMax = 16;

    private readonly Lock _lock = new();
    private readonly List<Violation> _kept = [];
    private int _count;

    public bool Any => Volatile.Read(ref _count) > 0;

    public IReadOnlyList<Violation> All
    {
        get { lock (_lock) return [.. _kept]; }
    }

    public void Report(string invariant, string what, params IReadOnlyList<string> details) =>
        Report(new Violation(invariant, what, details));

    public void Report(Violation violation)
    {
        lock (_lock)
            if (_kept.Count < KeptMax) _kept.Add(violation);
        if (Interlocked.Increment(ref _count) == 1) onFirst?.Invoke();
    }
}
