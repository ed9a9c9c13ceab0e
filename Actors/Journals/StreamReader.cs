using Akka.Actor;
using Akka.Persistence;
using Iommu.Persistence.Streams;

namespace Iommu.Actors.Journals;

/// <summary>
/// Recovers one stream as its own actor would, and writes nothing. What the events fold into belongs to this actor until it
/// reports to its parent.
/// </summary>
/// <param name="stream">The persistence id.</param>
/// <param name="kind">What is in it.</param>
/// <param name="fromSnapshot">Whether the newest snapshot may stand for the events before it.</param>
/// <param name="fold">Takes one event, which is of the stream's kind.</param>
internal sealed class StreamReader(string stream, StreamKind kind, bool fromSnapshot, Action<object> fold) : UntypedPersistentActor
{
    private readonly StreamOrder _order = new(stream, kind);

    public override string PersistenceId { get; } = stream;

    public override Recovery Recovery { get; } = fromSnapshot ? new Recovery() : new Recovery(SnapshotSelectionCriteria.None);

    public static Props Props(string stream, StreamKind kind, bool fromSnapshot, Action<object> fold) =>
        Akka.Actor.Props.Create(() => new StreamReader(stream, kind, fromSnapshot, fold));

    protected override void OnRecover(object message)
    {
        switch (message)
        {
            case RecoveryCompleted:
                _order.End(LastSequenceNr);
                Context.Parent.Tell(new StreamFolded(PersistenceId, LastSequenceNr));
                Context.Stop(Self);
                break;
            case SnapshotOffer offer:
                foreach (var happened in _order.Take(offer)) fold(happened);
                break;
            default:
                fold(_order.Take(message, LastSequenceNr));
                break;
        }
    }

    protected override void OnCommand(object message) => Unhandled(message);

    protected override void OnRecoveryFailure(Exception reason, object? message = null) =>
        Context.Parent.Tell(new StreamUnreadable(PersistenceId, _order.Explain(reason)));
}
