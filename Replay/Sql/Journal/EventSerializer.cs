using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Persistence.Journal;
using Akka.Serialization;

namespace Akka.Persistence.Sql.Journal;

/// <summary>Between events and rows.</summary>
internal sealed class EventSerializer(Akka.Serialization.Serialization serialization, string? defaultSerializer, string writerUuid)
{
    public JournalRow ToRow(IPersistentRepresentation persistent, long now)
    {
        var tagged = persistent.Payload as Tagged?;
        var payload = tagged?.Payload ?? persistent.Payload;
        var serializer = serialization.FindSerializerForType(payload.GetType(), defaultSerializer!);
        return new JournalRow(
            Created: persistent.Timestamp == 0 ? now : persistent.Timestamp,
            PersistenceId: persistent.PersistenceId,
            SequenceNumber: persistent.SequenceNr,
            Message: serializer.ToBinary(payload),
            Manifest: Akka.Serialization.Serialization.ManifestFor(serializer, payload),
            Identifier: serializer.Identifier,
            WriterUuid: writerUuid) { Tags = tagged is null ? [] : tagged.Value.Tags };
    }

    public IPersistentRepresentation FromRow(JournalRow row) => new Persistent(
        Payload(row),
        sequenceNr: row.SequenceNumber,
        persistenceId: row.PersistenceId,
        manifest: row.Manifest,
        sender: ActorRefs.NoSender,
        writerGuid: row.WriterUuid!,
        timestamp: row.Created);

    private object Payload(JournalRow row)
    {
        if (row.Identifier is { } identifier) return serialization.Deserialize(row.Message, identifier, row.Manifest);
        var type = TypeNames.Find(row.Manifest) ?? throw new SerializationException(
            $"Event {row.SequenceNumber} of {row.PersistenceId} has no serializer and its manifest [{row.Manifest}] names no type.");
        return serialization.FindSerializerForType(type, defaultSerializer!).FromBinary(row.Message, type);
    }
}
