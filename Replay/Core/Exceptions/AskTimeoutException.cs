namespace Akka.Actor;

/// <summary>An Ask was not answered in the time given.</summary>
public class AskTimeoutException : AkkaException
{
    public AskTimeoutException(string message) : base(message) { }
}
