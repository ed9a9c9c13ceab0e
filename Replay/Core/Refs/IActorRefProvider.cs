namespace Akka.Actor;

/// <summary>Resolves paths to references.</summary>
public interface IActorRefProvider
{
    Settings Settings { get; }

    IActorRef DeadLetters { get; }

    ActorPath RootPath { get; }

    Address DefaultAddress { get; }

    IInternalActorRef RootGuardian { get; }

    IInternalActorRef TempContainer { get; }

    ActorPath TempPath();

    /// <summary>The actor at the path, or a reference that sends to dead letters.</summary>
    IActorRef ResolveActorRef(string path);

    IActorRef ResolveActorRef(ActorPath actorPath);
}
