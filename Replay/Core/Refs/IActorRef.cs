using Akka.Util;

namespace Akka.Actor;

/// <summary>A handle to one incarnation of an actor; it stays valid when the actor is gone.</summary>
public interface IActorRef : ICanTell, IEquatable<IActorRef>, IComparable<IActorRef>, ISurrogated, IComparable
{
    ActorPath Path { get; }
}
