using Akka.Actor;

namespace Akka.Persistence;

/// <summary>An event with what a journal keeps beside it.</summary>
public interface IPersistentRepresentation
{
    object Payload { get; }

    string Manifest { get; }

    string PersistenceId { get; }

    long SequenceNr { get; }

    /// <summary>Ticks, UTC; 0 before a journal has written the event.</summary>
    long Timestamp { get; }

    /// <summary>Who wrote it: one text for each incarnation of a writer.</summary>
    string WriterGuid { get; }

    bool IsDeleted { get; }

    IActorRef Sender { get; }

    IPersistentRepresentation WithTimestamp(long timestamp);

    IPersistentRepresentation WithPayload(object payload);

    IPersistentRepresentation WithManifest(string manifest);

    IPersistentRepresentation Update(long sequenceNr, string persistenceId, bool isDeleted, IActorRef sender, string writerGuid);
}

/// <inheritdoc/>
public class Persistent(
    object payload,
    long sequenceNr = 0L,
    string persistenceId = null!,
    string manifest = null!,
    bool isDeleted = false,
    IActorRef sender = null!,
    string writerGuid = null!,
    long timestamp = 0L) : IPersistentRepresentation, IEquatable<IPersistentRepresentation>
{
    public static string Undefined { get; } = string.Empty;

    public object Payload { get; } = payload;

    public string Manifest { get; } = manifest ?? Undefined;

    public string PersistenceId { get; } = persistenceId ?? Undefined;

    public long SequenceNr { get; } = sequenceNr;

    public long Timestamp { get; } = timestamp;

    public string WriterGuid { get; } = writerGuid ?? Undefined;

    public bool IsDeleted { get; } = isDeleted;

    public IActorRef Sender { get; } = sender;

    public IPersistentRepresentation WithTimestamp(long newTimestamp) =>
        new Persistent(Payload, SequenceNr, PersistenceId, Manifest, IsDeleted, Sender, WriterGuid, newTimestamp);

    public IPersistentRepresentation WithPayload(object payload) =>
        new Persistent(payload, SequenceNr, PersistenceId, Manifest, IsDeleted, Sender, WriterGuid, Timestamp);

    public IPersistentRepresentation WithManifest(string manifest) =>
        new Persistent(Payload, SequenceNr, PersistenceId, manifest, IsDeleted, Sender, WriterGuid, Timestamp);

    public IPersistentRepresentation Update(long sequenceNr, string persistenceId, bool isDeleted, IActorRef sender, string writerGuid) =>
        new Persistent(Payload, sequenceNr, persistenceId, Manifest, isDeleted, sender, writerGuid);

    public bool Equals(IPersistentRepresentation? other) =>
        other is not null && Equals(Payload, other.Payload) && Manifest == other.Manifest && PersistenceId == other.PersistenceId
        && SequenceNr == other.SequenceNr && IsDeleted == other.IsDeleted && Equals(Sender, other.Sender) && WriterGuid == other.WriterGuid;

    public override bool Equals(object? obj) => Equals(obj as IPersistentRepresentation);

    public override int GetHashCode() => HashCode.Combine(PersistenceId, SequenceNr, WriterGuid);

    public override string ToString() =>
        $"Persistent<pid: {PersistenceId}, seqNr: {SequenceNr}, deleted: {IsDeleted}, manifest: {Manifest}, sender: {Sender}, "
        + $"payload: {Payload}, writerGuid: {WriterGuid}>";
}
