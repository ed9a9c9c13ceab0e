using System.Collections.Immutable;
using Akka.Actor;

namespace Akka.Persistence;

/// <summary>Something that takes its turn among a persistent actor's writes.</summary>
public interface IPersistentEnvelope
{
    object Payload { get; }

    IActorRef Sender { get; }

    int Size { get; }
}

/// <summary>Events of one persistent actor that are written all or none.</summary>
public sealed class AtomicWrite : IPersistentEnvelope
{
    public AtomicWrite(IPersistentRepresentation @event) : this([@event])
    {
    }

    public AtomicWrite(IImmutableList<IPersistentRepresentation> payload)
    {
        if (payload is null) throw new ArgumentNullException(nameof(payload), "Payload of AtomicWrite must not be null.");
        if (payload.Count == 0) throw new ArgumentException("Payload of AtomicWrite must not be empty.", nameof(payload));
        if (payload.Any(p => p.PersistenceId != payload[0].PersistenceId))
            throw new ArgumentException("AtomicWrite must contain messages for the same persistenceId.", nameof(payload));
        Events = payload;
    }

    private AtomicWrite(ImmutableArray<IPersistentRepresentation> one) => Events = one;

    public object Payload => Events;

    public IActorRef Sender => ActorRefs.NoSender;

    public int Size => Events.Count;

    public string PersistenceId => Events[0].PersistenceId;

    public long LowestSequenceNr => Events[0].SequenceNr;

    public long HighestSequenceNr => Events[^1].SequenceNr;

    internal IImmutableList<IPersistentRepresentation> Events { get; }

    public override string ToString() =>
        $"AtomicWrite<pid: {PersistenceId}, lowSeqNr: {LowestSequenceNr}, highSeqNr: {HighestSequenceNr}, size: {Size}, sender: {Sender}>";
}

/// <summary>What DeferAsync queues among the writes: it is handed back in its turn, and never written.</summary>
internal sealed class NonPersistentMessage(object payload, IActorRef sender) : IPersistentEnvelope
{
    public object Payload { get; } = payload;

    public IActorRef Sender { get; } = sender;

    public int Size => 1;
}
