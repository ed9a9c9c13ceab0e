using System.Collections.Immutable;
using Akka.Actor;
using Akka.Persistence;
using Akka.Persistence.Journal;

namespace Iommu.TestKit.Journals;

/// <summary>A journal whose streams somebody keeps in memory who outlives it. How they are written is a derived class's business.</summary>
public abstract class KeptJournal : AsyncWriteJournal
{
    public sealed override Task ReplayMessagesAsync(
        IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max,
        Action<IPersistentRepresentation> recoveryCallback)
    {
        foreach (var written in Stream(persistenceId).Where(it => it.SequenceNr >= fromSequenceNr && it.SequenceNr <= toSequenceNr))
        {
            Replaying();
            recoveryCallback(written);
        }
        return Task.CompletedTask;
    }

    public sealed override async Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr)
    {
        await WrittenAsync(persistenceId);
        return Stream(persistenceId) is { IsEmpty: false } stream ? stream[^1].SequenceNr : 0L;
    }

    protected sealed override Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr) => Task.CompletedTask;

    /// <summary>Ends when no write of the stream is under way: a writer that is gone may have left one.</summary>
    protected virtual Task WrittenAsync(string persistenceId) => Task.CompletedTask;

    /// <summary>An event is read back.</summary>
    protected virtual void Replaying() { }

    /// <summary>Its events, in their order; empty when it was never written.</summary>
    protected abstract ImmutableList<IPersistentRepresentation> Stream(string persistenceId);
}
