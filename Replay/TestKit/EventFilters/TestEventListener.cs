using Akka.Actor;
using Akka.Event;

namespace Akka.TestKit.Internal;

/// <summary>Applies the filters in force to each log event; a dead letter counts as a warning.</summary>
internal sealed class TestEventListener : UntypedActor
{
    private static readonly Type[] Topics =
        [typeof(LogEvent), typeof(DeadLetter), typeof(UnhandledMessage), typeof(FilterInForce.Mute), typeof(FilterInForce.Lift)];

    private readonly List<FilterInForce> _filters = [];

    public static void Subscribe(EventStream stream, IActorRef listener)
    {
        foreach (var topic in Topics) stream.Subscribe(listener, topic);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case FilterInForce.Mute mute:
                _filters.Add(mute.Filter);
                break;
            case FilterInForce.Lift lift:
                _filters.Remove(lift.Filter);
                break;
            case LogEvent e:
                Apply(e);
                break;
            case DeadLetter letter:
                Apply(new Warning(letter.Recipient.Path.ToString(), letter.Recipient.GetType(), letter));
                break;
        }
    }

    private void Apply(LogEvent e) => _ = _filters.Any(f => f.Catches(e));
}
