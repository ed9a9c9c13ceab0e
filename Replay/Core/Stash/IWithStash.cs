namespace Akka.Actor;

/// <summary>Gives an actor a stash.</summary>
public interface IWithStash : IActorStash { }
