namespace Akka.Actor;

/// <summary>Sent to an actor that has been idle for its receive time-out.</summary>
public class ReceiveTimeout : IPossiblyHarmful
{
    private ReceiveTimeout() { }

    public static ReceiveTimeout Instance { get; } = new();
}
