namespace Akka.Actor;

/// <summary>A stash of bounded capacity is full.</summary>
public class StashOverflowException : AkkaException
{
    public StashOverflowException(string message, Exception? cause = null) : base(message, cause) { }
}
