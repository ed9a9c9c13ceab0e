namespace Akka.Actor.Internal;

/// <summary>Whom an actor watches, who watches it, and which Terminated are under way in its own mailbox.</summary>
internal sealed class WatchState
{
    /// <summary>Watched actor to the message wanted in place of Terminated, or null.</summary>
    public Dictionary<IActorRef, object?> Watching { get; } = [];

    public HashSet<IActorRef> WatchedBy { get; } = [];

    public Dictionary<IActorRef, object?> Queued { get; } = [];
}
