using Akka.Actor;

namespace Akka.Event;

/// <summary>A message that was not handled by whom it was sent to.</summary>
public abstract class AllDeadLetters : IWrappedMessage
{
    protected AllDeadLetters(object message, IActorRef sender, IActorRef recipient)
    {
        Message = message;
        Sender = sender;
        Recipient = recipient;
    }

    public object Message { get; private protected set; }

    public IActorRef Sender { get; private protected set; }

    public IActorRef Recipient { get; private protected set; }

    public override string ToString() => $"{GetType().Name} from {Sender} to {Recipient}: <{Message}>";
}
