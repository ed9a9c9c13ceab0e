using System.Collections.Immutable;
using Akka.Actor;
using Akka.Persistence;
using Akka.Persistence.Journal;

namespace Iommu.Persistence.Journals;

/// <summary>Accepts every event and keeps none: for runs that ask for no journal. Recovery finds nothing.</summary>
public sealed class DiscardingJournal : AsyncWriteJournal
{
    /// <summary>A null list is Akka.Persistence's word for: every write was accepted.</summary>
    private static readonly Task<IImmutableList<Exception>> Accepted = Task.FromResult<IImmutableList<Exception>>(null!);

    public override Task ReplayMessagesAsync(
        IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max,
        Action<IPersistentRepresentation> recoveryCallback) => Task.CompletedTask;

    public override Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr) => Task.FromResult(0L);

    protected override Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages) => Accepted;

    protected override Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr) => Task.CompletedTask;
}
