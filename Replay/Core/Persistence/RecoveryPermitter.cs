using Akka.Actor;

namespace Akka.Persistence;

internal sealed class RequestRecoveryPermit
{
    public static RequestRecoveryPermit Instance { get; } = new();
}

internal sealed class RecoveryPermitGranted
{
    public static RecoveryPermitGranted Instance { get; } = new();
}

internal sealed class ReturnRecoveryPermit
{
    public static ReturnRecoveryPermit Instance { get; } = new();
}

/// <summary>Lets so many actors recover at once, the others in the order in which they asked.</summary>
internal sealed class RecoveryPermitter : UntypedActor
{
    private readonly HashSet<IActorRef> _holders = [];
    private readonly LinkedList<IActorRef> _waiting = [];
    private readonly int _permits;

    public RecoveryPermitter(int permits) => _permits = permits;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case RequestRecoveryPermit:
                Context.Watch(Sender);
                if (_holders.Count < _permits) Grant(Sender);
                else _waiting.AddLast(Sender);
                break;
            case ReturnRecoveryPermit:
                Take(Sender);
                break;
            case Terminated terminated when !_waiting.Remove(terminated.ActorRef):
                Take(terminated.ActorRef);
                break;
        }
    }

    private void Grant(IActorRef actor)
    {
        _holders.Add(actor);
        actor.Tell(RecoveryPermitGranted.Instance, Self);
    }

    private void Take(IActorRef actor)
    {
        Context.Unwatch(actor);
        if (!_holders.Remove(actor) || _waiting.First is not { } next) return;
        _waiting.RemoveFirst();
        Grant(next.Value);
    }
}
