using System.Collections.Immutable;
using Akka.Actor;
using Akka.Persistence;

namespace Iommu.TestKit.Crash.Simulated;

/// <summary>What of a journal is durable: a value, so that what one crash leaves can be recovered again and again.</summary>
internal sealed class SimulatedDatabase
{
    public static readonly SimulatedDatabase Empty = new(
        ImmutableDictionary<string, ImmutableList<IPersistentRepresentation>>.Empty, ImmutableDictionary<string, (long, object)>.Empty);

    private readonly ImmutableDictionary<string, ImmutableList<IPersistentRepresentation>> _streams;
    private readonly ImmutableDictionary<string, (long SequenceNr, object State)> _snapshots;

    private SimulatedDatabase(
        ImmutableDictionary<string, ImmutableList<IPersistentRepresentation>> streams,
        ImmutableDictionary<string, (long SequenceNr, object State)> snapshots) => (_streams, _snapshots) = (streams, snapshots);

    /// <summary>Its events, in their order.</summary>
    public ImmutableList<IPersistentRepresentation> Stream(string stream) => _streams.GetValueOrDefault(stream) ?? [];

    /// <summary>0 where nothing was ever written.</summary>
    public long Highest(string stream) => Stream(stream) is { IsEmpty: false } events ? events[^1].SequenceNr : 0;

    /// <summary>The last snapshot of a stream; null when there is none.</summary>
    public (long SequenceNr, object State)? Snapshot(string stream) =>
        _snapshots.TryGetValue(stream, out var snapshot) ? snapshot : null;

    /// <exception cref="InvalidOperationException">
    /// A sequence number of the stream is there already: the tables have a unique index over the two, and a write that was committed
    /// and not confirmed is refused when it is made again.
    /// </exception>
    public SimulatedDatabase With(string stream, IReadOnlyCollection<IPersistentRepresentation> events)
    {
        if (events.Count == 0) return this;
        var (first, highest) = (events.First().SequenceNr, Highest(stream));
        if (first <= highest) throw new InvalidOperationException($"{stream}: number {first} is there already, the last is {highest}");
        // An event of a database names nobody of the process that has written it.
        var rows = events.Select(it => it.Update(it.SequenceNr, it.PersistenceId, false, ActorRefs.NoSender, it.WriterGuid));
        return new SimulatedDatabase(_streams.SetItem(stream, Stream(stream).AddRange(rows)), _snapshots);
    }

    public SimulatedDatabase WithSnapshot(string stream, long sequenceNr, object state) =>
        new(_streams, _snapshots.SetItem(stream, (sequenceNr, state)));
}
