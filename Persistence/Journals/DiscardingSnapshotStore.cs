using Akka.Persistence;
using Akka.Persistence.Snapshot;

namespace Iommu.Persistence.Journals;

/// <summary>
/// Accepts every snapshot and keeps none, beside a journal without snapshots. The runtime's own store of none refuses them: after ten
/// refusals in a row its circuit breaker lets nobody load any, and no context could be opened.
/// </summary>
public sealed class DiscardingSnapshotStore : SnapshotStore
{
    protected override Task<SelectedSnapshot> LoadAsync(string persistenceId, SnapshotSelectionCriteria criteria) =>
        Task.FromResult<SelectedSnapshot>(null!);

    protected override Task SaveAsync(SnapshotMetadata metadata, object snapshot) => Task.CompletedTask;

    protected override Task DeleteAsync(SnapshotMetadata metadata) => Task.CompletedTask;

    protected override Task DeleteAsync(string persistenceId, SnapshotSelectionCriteria criteria) => Task.CompletedTask;
}
