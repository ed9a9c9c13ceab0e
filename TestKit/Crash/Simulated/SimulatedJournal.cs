using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Iommu.TestKit.Journals;

namespace Iommu.TestKit.Crash.Simulated;

/// <summary>The journal of a <see cref="SimulatedStore"/>: a commit is a turn of it, and so is the confirmation.</summary>
/// <param name="config">The plugin's.</param>
public sealed class SimulatedJournal(Config config) : KeptJournal
{
    private readonly SimulatedStore _store = SimulatedStore.Of(config);

    protected override ImmutableList<IPersistentRepresentation> Stream(string persistenceId) => _store.Durable.Stream(persistenceId);

    /// <summary>As Akka.Persistence.Sql's: whoever reads a stream waits for what is being written to it.</summary>
    protected override Task WrittenAsync(string persistenceId) => _store.WrittenAsync(persistenceId);

    protected override void Replaying() => _store.Replaying();

    protected override Task<IImmutableList<Exception>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages)
    {
        var write = _store.Begin(messages);
        Self.Tell(new Commit(write));
        return _store.Faults.ConfirmsEarly ? Task.FromResult<IImmutableList<Exception>>(null!) : write.Confirmed;
    }

    protected override bool ReceivePluginInternal(object message)
    {
        switch (message)
        {
            case Commit commit:
                _store.Commit(commit.Write);
                Self.Tell(new Confirm(commit.Write));
                return true;
            case Confirm confirm:
                _store.Confirm(confirm.Write);
                return true;
            default:
                return false;
        }
    }

    private sealed record Commit(SimulatedWrite Write);

    private sealed record Confirm(SimulatedWrite Write);
}
