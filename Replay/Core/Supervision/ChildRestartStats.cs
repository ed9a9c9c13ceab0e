using System.Diagnostics;

namespace Akka.Actor.Internal;

/// <summary>How often a child was restarted, and since when that is counted.</summary>
public class ChildRestartStats : IChildStats
{
    private uint _retries;
    private long _windowStartTicks;

    public ChildRestartStats(IInternalActorRef child, uint maxNrOfRetriesCount = 0, long restartTimeWindowStartTicks = 0)
    {
        Child = child;
        _retries = maxNrOfRetriesCount;
        _windowStartTicks = restartTimeWindowStartTicks;
    }

    public long Uid => Child.Path.Uid;

    public IInternalActorRef Child { get; }

    public uint MaxNrOfRetriesCount => _retries;

    public long RestartTimeWindowStartTicks => _windowStartTicks;

    /// <summary>Counts one restart; false when it is one too many. Zero retries allow none, negative limits do not bind.</summary>
    public bool RequestRestartPermission(int maxNrOfRetries, int withinTimeMilliseconds)
    {
        if (maxNrOfRetries == 0) return false;
        if (withinTimeMilliseconds > 0) return PermitWithin(maxNrOfRetries > 0 ? maxNrOfRetries : 1, withinTimeMilliseconds);
        if (maxNrOfRetries < 0) return true;
        _retries++;
        return _retries <= maxNrOfRetries;
    }

    private bool PermitWithin(int retries, int milliseconds)
    {
        var now = NowTicks();
        if (_windowStartTicks == 0) _windowStartTicks = now;
        if (now - _windowStartTicks <= milliseconds * TimeSpan.TicksPerMillisecond)
        {
            _retries++;
            return _retries <= retries;
        }
        _retries = 1;
        _windowStartTicks = now;
        return true;
    }

    // One tick is added because zero means that no window has begun.
    private static long NowTicks() =>
        ActorCell.Current is { } cell ? cell.SystemImpl.Runtime.Elapsed.Ticks + 1 : Stopwatch.GetTimestamp();
}
