using Akka.Actor;

namespace Akka.TestKit;

/// <summary>Stands for the last message where there was none.</summary>
public sealed class NullMessageEnvelope : MessageEnvelope
{
    public static NullMessageEnvelope Instance = new();

    private NullMessageEnvelope() { }

    /// <exception cref="IllegalActorStateException">Always: nothing was received.</exception>
    public override object Message => throw new IllegalActorStateException("last receive did not return a message");

    /// <exception cref="IllegalActorStateException">Always: nothing was received.</exception>
    public override IActorRef Sender =>
        throw new IllegalActorStateException("last receive did not return a message, hence there is no last sender");

    public override string ToString() => "<null>";
}
