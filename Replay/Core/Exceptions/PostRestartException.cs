namespace Akka.Actor;

/// <summary>The fresh instance of a restarted actor could not be built or its PostRestart threw.</summary>
public class PostRestartException : ActorInitializationException
{
    public PostRestartException(IActorRef actor, Exception cause, Exception originalCause)
        : base(actor, $"Exception post restart ({originalCause?.GetType().ToString() ?? "null"})", cause)
        => OriginalCause = originalCause!;

    public Exception OriginalCause { get; }
}
