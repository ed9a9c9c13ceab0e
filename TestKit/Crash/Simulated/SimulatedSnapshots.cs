using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Snapshot;

namespace Iommu.TestKit.Crash.Simulated;

/// <summary>The snapshots of a <see cref="SimulatedStore"/>: the last of each stream.</summary>
/// <param name="config">The plugin's.</param>
public sealed class SimulatedSnapshots(Config config) : SnapshotStore
{
    private readonly SimulatedStore _store = SimulatedStore.Of(config);

    protected override Task<SelectedSnapshot> LoadAsync(string persistenceId, SnapshotSelectionCriteria criteria) =>
        Task.FromResult(_store.Durable.Snapshot(persistenceId) is { } last && last.SequenceNr <= criteria.MaxSequenceNr
            ? new SelectedSnapshot(new SnapshotMetadata(persistenceId, last.SequenceNr, DateTime.MinValue), last.State) : null!);

    protected override Task SaveAsync(SnapshotMetadata metadata, object snapshot)
    {
        _store.Save(metadata.PersistenceId, metadata.SequenceNr, snapshot);
        return Task.CompletedTask;
    }

    protected override Task DeleteAsync(SnapshotMetadata metadata) => Task.CompletedTask;

    protected override Task DeleteAsync(string persistenceId, SnapshotSelectionCriteria criteria) => Task.CompletedTask;
}
