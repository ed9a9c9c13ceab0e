using Akka.Actor;
using Akka.Event;

namespace Akka.TestKit.Internal;

/// <summary>Filters that the system's listener applies, and how many events they have caught.</summary>
internal sealed class FilterInForce : IUnmutableFilter
{
    private readonly ActorSystem _system;
    private readonly IReadOnlyList<EventFilter> _filters;
    private readonly TestClock _clock;
    private int _caught;

    public FilterInForce(ActorSystem system, IReadOnlyList<EventFilter> filters, TestClock clock)
    {
        _system = system;
        _filters = filters;
        _clock = clock;
        _system.EventStream.Publish(new Mute(this));
    }

    public int Caught => Volatile.Read(ref _caught);

    public bool Catches(LogEvent e)
    {
        if (!_filters.Any(f => f.Matches(e))) return false;
        Interlocked.Increment(ref _caught);
        _clock.Changed();
        return true;
    }

    public void Unmute() => _system.EventStream.Publish(new Lift(this));

    public void Dispose() => Unmute();

    internal sealed record Mute(FilterInForce Filter);

    internal sealed record Lift(FilterInForce Filter);
}
