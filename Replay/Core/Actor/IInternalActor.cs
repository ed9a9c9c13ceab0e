namespace Akka.Actor;

/// <summary>Gives the runtime and the test kit an actor's context.</summary>
public interface IInternalActor
{
    IActorContext ActorContext { get; }
}
