using Akka.Actor.Internal;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

/// <summary>Where messages go that reach nobody: they are published as <see cref="DeadLetter"/>.</summary>
internal class DeadLetterActorRef : MinimalActorRef
{
    private readonly ActorSystemImpl _system;

    public DeadLetterActorRef(ActorSystemImpl system, ActorPath path)
    {
        _system = system;
        Path = path;
    }

    public override ActorPath Path { get; }

    public override IActorRefProvider Provider => _system.Provider;

    public override bool IsTerminated => true;

    public override void SendSystemMessage(ISystemMessage message)
    {
        if (message is Watch watch && !watch.Watcher.Equals(this))
            watch.Watcher.SendSystemMessage(new DeathWatchNotification(watch.Watchee, existenceConfirmed: false, addressTerminated: false));
    }

    protected override void TellInternal(object message, IActorRef? sender)
    {
        if (message is null) throw new InvalidMessageException("Message is null");
        var letter = message as DeadLetter ?? new DeadLetter(message, sender ?? _system.DeadLetters, this);
        switch (letter.Message)
        {
            case Identify identify:
                letter.Sender.Tell(new ActorIdentity(identify.MessageId, null), this);
                break;
            case ActorSelectionMessage { Message: Identify identify }:
                letter.Sender.Tell(new ActorIdentity(identify.MessageId, null), this);
                break;
            case IDeadLetterSuppression suppressed:
                _system.EventStream.Publish(new SuppressedDeadLetter(suppressed, letter.Sender, letter.Recipient));
                break;
            default:
                _system.EventStream.Publish(letter);
                break;
        }
    }
}
