namespace Akka.Actor;

/// <summary>The two special references.</summary>
public static class ActorRefs
{
    public static readonly Nobody Nobody = Nobody.Instance;

    /// <summary>No sender; a receiver sees dead letters in its place.</summary>
    public static readonly IActorRef NoSender = null!;
}
