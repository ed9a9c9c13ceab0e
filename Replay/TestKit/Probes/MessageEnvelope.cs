using Akka.Actor;

namespace Akka.TestKit;

/// <summary>A message that reached a test actor, and who sent it.</summary>
public abstract class MessageEnvelope
{
    public abstract object Message { get; }

    public abstract IActorRef Sender { get; }
}
