namespace Akka.Actor;

/// <summary>Something one can send a message to.</summary>
public interface ICanTell
{
    void Tell(object message, IActorRef? sender);
}
