using Akka.Actor;
using Akka.Persistence;

namespace Iommu.Tests.Conformance.Persistence;

/// <summary>A persistent actor that does what it is told, and tells a probe all that happens to it.</summary>
public class Subject : ReceivePersistentActor
{
    private readonly IActorRef _probe;
    private readonly Recovery _recovery;

    public Subject(string persistenceId, IActorRef probe, Recovery recovery)
    {
        PersistenceId = persistenceId;
        _probe = probe;
        _recovery = recovery;
        Recover<string>(text => Note("replayed " + text));
        Recover<SnapshotOffer>(offer => Note($"offered {offer.Snapshot} of {offer.Metadata.SequenceNr}"));
        Recover<RecoveryCompleted>(_ => Note("recovered at " + LastSequenceNr));
        Command<Action<Subject>>(act => act(this));
        Command<string>(Note);
        CommandAny(message => _probe.Tell(message));
    }

    public override string PersistenceId { get; }

    public override Recovery Recovery => _recovery;

    public void Note(string text) => _probe.Tell(text);

    public void Reply(object message) => Sender.Tell(message);

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr) => Note($"failed {@event} at {sequenceNr}");

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr) =>
        Note($"rejected {@event} at {sequenceNr}");

    protected override void OnRecoveryFailure(Exception reason, object message = null!) =>
        Note($"not recovered, {message ?? "no event"}: {reason.Message}");
}
