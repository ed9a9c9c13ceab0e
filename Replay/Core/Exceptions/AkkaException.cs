namespace Akka.Actor;

/// <summary>Base of every exception that the actor runtime itself throws.</summary>
public abstract class AkkaException : Exception
{
    protected AkkaException() { }

    protected AkkaException(string? message, Exception? cause = null) : base(message, cause) => Cause = cause!;

    protected Exception Cause { get; } = null!;
}
