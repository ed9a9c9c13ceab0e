using Iommu.Actors.Core;

namespace Iommu.Bridge.Processes;

/// <summary>
/// The failures of one context: while a call of a thread that has armed its fail-nth is under way, the steps of the context are that
/// thread's. In the kernel they are only the thread's own: a call that another thread makes on the same context meanwhile may be hit here.
/// Any thread may call it.
/// </summary>
internal sealed class ContextFailures : IFailureInjection
{
    private readonly Lock _lock = new();
    private volatile FailNth[] _armed = [];

    public bool ShouldFail(string step)
    {
        foreach (var failures in _armed)
            if (failures.ShouldFail(step)) return true;
        return false;
    }

    /// <summary>A call begins.</summary>
    /// <param name="thread">What its thread has; null for nothing.</param>
    /// <returns>Ends it.</returns>
    public IDisposable? Arm(FailNth? thread)
    {
        if (thread is null or { Left: 0 }) return null;
        lock (_lock) _armed = [.. _armed, thread];
        return new Armed(this, thread);
    }

    private void Disarm(FailNth thread)
    {
        lock (_lock)
        {
            var left = _armed.ToList();
            left.Remove(thread);
            _armed = [.. left];
        }
    }

    private sealed class Armed(ContextFailures failures, FailNth thread) : IDisposable
    {
        public void Dispose() => failures.Disarm(thread);
    }
}
