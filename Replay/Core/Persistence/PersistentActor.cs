namespace Akka.Persistence;

/// <summary>A persistent actor whose handlers return whether they took the message.</summary>
public abstract class PersistentActor : Eventsourced
{
    protected override bool Receive(object message) => ReceiveCommand(message);
}
