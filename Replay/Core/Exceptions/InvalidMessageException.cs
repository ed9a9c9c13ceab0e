namespace Akka.Actor;

/// <summary>A message that may not be sent, such as null.</summary>
public class InvalidMessageException : AkkaException
{
    public InvalidMessageException() : this("Message is null") { }

    public InvalidMessageException(string message) : base(message) { }
}
