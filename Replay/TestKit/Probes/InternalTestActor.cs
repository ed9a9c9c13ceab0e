using Akka.Actor;

namespace Akka.TestKit.Internal;

/// <summary>Queues what it receives for its test; the kit's own requests it carries out.</summary>
internal sealed class InternalTestActor(MessageQueue queue) : UntypedActor
{
    private Func<object, bool>? _ignore;
    private AutoPilot? _autoPilot;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case SetIgnore request:
                _ignore = request.Ignore;
                break;
            case SetAutoPilot request:
                _autoPilot = request.AutoPilot;
                break;
            case WatchRequest request:
                Context.Watch(request.Actor);
                Sender.Tell(Done.Instance);
                break;
            case UnwatchRequest request:
                Context.Unwatch(request.Actor);
                Sender.Tell(Done.Instance);
                break;
            default:
                Keep(message);
                break;
        }
    }

    private void Keep(object message)
    {
        if (_autoPilot is not null && _autoPilot.Run(Sender, message) is var next and not KeepRunning) _autoPilot = next;
        if (_ignore is null || !_ignore(message)) queue.Add(new RealMessageEnvelope(message, Sender));
    }

    internal sealed record SetIgnore(Func<object, bool>? Ignore) : INoSerializationVerificationNeeded;

    internal sealed record SetAutoPilot(AutoPilot AutoPilot) : INoSerializationVerificationNeeded;

    internal sealed record WatchRequest(IActorRef Actor) : INoSerializationVerificationNeeded;

    internal sealed record UnwatchRequest(IActorRef Actor) : INoSerializationVerificationNeeded;
}
