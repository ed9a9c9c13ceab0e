using Akka.Actor;
using Akka.Persistence;
using Iommu.Persistence.Serialization;

namespace Iommu.Actors.Journals;

/// <summary>
/// Recovers one stream as its own actor would, and writes nothing. What the events fold into belongs to this actor until it
/// reports to its parent.
/// </summary>
/// <param name="stream">The persistence id.</param>
/// <param name="fromSnapshot">Whether the newest snapshot may stand for the events before it.</param>
/// <param name="fold">Takes one event; throws what it cannot take.</param>
internal sealed class StreamReader(string stream, bool fromSnapshot, Action<object> fold) : UntypedPersistentActor
{
    public override string PersistenceId { get; } = stream;

    public override Recovery Recovery { get; } = fromSnapshot ? new Recovery() : new Recovery(SnapshotSelectionCriteria.None);

    public static Props Props(string stream, bool fromSnapshot, Action<object> fold) =>
        Akka.Actor.Props.Create(() => new StreamReader(stream, fromSnapshot, fold));

    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case RecoveryCompleted:
                Context.Parent.Tell(new StreamFolded(PersistenceId, LastSequenceNr));
                Context.Stop(Self);
                break;
            case SnapshotOffer { Snapshot: EventList list }:
                foreach (var happened in list.Events) fold(happened);
                break;
            case SnapshotOffer offer:
                throw new InvalidCastException($"its snapshot is a {offer.Snapshot.GetType().Name}, no list of events");
            default:
                fold(message);
                break;
        }
    }

    protected override void OnCommand(object message) => Unhandled(message);

    protected override void OnRecoveryFailure(Exception reason, object? message = null) =>
        Context.Parent.Tell(new StreamUnreadable(PersistenceId, LastSequenceNr, reason));
}
