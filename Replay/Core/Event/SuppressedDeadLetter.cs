using Akka.Actor;

namespace Akka.Event;

/// <summary>A dead letter that is not worth reporting.</summary>
public sealed class SuppressedDeadLetter : AllDeadLetters
{
    public SuppressedDeadLetter(IDeadLetterSuppression message, IActorRef sender, IActorRef recipient)
        : base(message, sender, recipient) { }
}
