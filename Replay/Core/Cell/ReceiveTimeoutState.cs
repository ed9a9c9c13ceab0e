namespace Akka.Actor.Internal;

/// <summary>The receive time-out of an actor and the timer that is running for it.</summary>
internal sealed class ReceiveTimeoutState
{
    public TimeSpan? Duration { get; set; }

    public ICancelable? Pending { get; set; }
}
