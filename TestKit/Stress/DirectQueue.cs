using Iommu.Messages;

namespace Iommu.TestKit.Stress;

/// <summary>A vCPU's own way to invalidate: what would be a call goes into a queue, and is done when the hardware has passed it.</summary>
/// <param name="queue">The queue.</param>
/// <param name="use">Whether what can go this way does.</param>
internal sealed class DirectQueue(SharedQueue queue, QueueUse use)
{
    private readonly Queue<(Issued Issued, ulong Until)> _inFlight = new();
    private long _offered;
    private ulong _seen;

    public bool IsIdle => _inFlight.Count == 0;

    /// <summary>Issues a call's commands, if they can and should go this way.</summary>
    public bool TryIssue(int lane, HwptInvalidate call, TimeSpan now)
    {
        if (use == QueueUse.Both && _offered++ % 2 == 0) return false;
        if (queue.TryIssue(call) is not { } until) return false;
        _inFlight.Enqueue((new Issued(lane, call.EntryNum, now), until));
        return true;
    }

    /// <summary>Looks how far the hardware is: the next that is done, or null.</summary>
    public Issued? Poll()
    {
        if (!_inFlight.TryPeek(out var next)) return null;
        if (_seen < next.Until) _seen = queue.Look();
        return _seen < next.Until ? null : _inFlight.Dequeue().Issued;
    }

    /// <param name="Lane">Of the vCPU.</param>
    /// <param name="Count">Invalidations.</param>
    /// <param name="SentAt">When the doorbell rang.</param>
    internal readonly record struct Issued(int Lane, int Count, TimeSpan SentAt);
}
