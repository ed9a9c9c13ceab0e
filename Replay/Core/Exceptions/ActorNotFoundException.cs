namespace Akka.Actor;

/// <summary>A selection resolved to no living actor in the time given.</summary>
public class ActorNotFoundException : AkkaException
{
    public ActorNotFoundException() { }

    public ActorNotFoundException(string message, Exception? innerException = null) : base(message, innerException) { }
}
