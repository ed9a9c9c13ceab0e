using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Journal;

namespace Iommu.TestKit.Crash.Simulated;

/// <summary>The journal of a <see cref="SimulatedStore"/>: a commit is a turn of it, and so is the confirmation.</summary>
/// <param name="config">The plugin's.</param>
public sealed class SimulatedJournal(Config config) : AsyncWriteJournal
{
    private readonly SimulatedStore _store = SimulatedStore.Of(config);

    public override Task ReplayMessagesAsync(
        IActorContext context, string persistenceId, long fromSequenceNr, long toSequenceNr, long max,
        Action<IPersistentRepresentation> recoveryCallback)
    {
        foreach (var written in _store.Durable.Stream(persistenceId))
            if (written.SequenceNr >= fromSequenceNr && written.SequenceNr <= toSequenceNr) recoveryCallback(written);
        return Task.CompletedTask;
    }

    public override Task<long> ReadHighestSequenceNrAsync(string persistenceId, long fromSequenceNr) =>
        Task.FromResult(_store.Durable.Highest(persistenceId));

    protected override Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages)
    {
        var write = _store.Begin(messages);
        Self.Tell(new Commit(write));
        return _store.Faults.ConfirmsEarly ? Task.FromResult<IImmutableList<Exception>>(null!) : write.Confirmed;
    }

    protected override Task DeleteMessagesToAsync(string persistenceId, long toSequenceNr) => Task.CompletedTask;

    protected override bool ReceivePluginInternal(object message)
    {
        switch (message)
        {
            case Commit commit:
                _store.Commit(commit.Write);
                Self.Tell(new Confirm(commit.Write));
                return true;
            case Confirm confirm:
                confirm.Write.Confirm();
                return true;
            default:
                return false;
        }
    }

    private sealed record Commit(SimulatedWrite Write);

    private sealed record Confirm(SimulatedWrite Write);
}
