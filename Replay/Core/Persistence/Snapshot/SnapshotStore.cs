using Akka.Actor;

namespace Akka.Persistence.Snapshot;

/// <summary>Base of snapshot store plugins.</summary>
public abstract class SnapshotStore : ActorBase
{
    /// <summary>The latest snapshot that meets the criteria, or null.</summary>
    protected abstract Task<SelectedSnapshot> LoadAsync(string persistenceId, SnapshotSelectionCriteria criteria);

    /// <summary>Replaces a snapshot of the same sequence number.</summary>
    protected abstract Task SaveAsync(SnapshotMetadata metadata, object snapshot);

    /// <summary>A timestamp of DateTime.MinValue means any.</summary>
    protected abstract Task DeleteAsync(SnapshotMetadata metadata);

    protected abstract Task DeleteAsync(string persistenceId, SnapshotSelectionCriteria criteria);

    /// <summary>Messages of the plugin's own.</summary>
    protected virtual bool ReceivePluginInternal(object message) => false;

    protected sealed override bool Receive(object message)
    {
        switch (message)
        {
            case LoadSnapshot load:
                _ = AnswerAsync(LoadResultAsync(load), cause => new LoadSnapshotFailed(cause));
                return true;
            case SaveSnapshot save:
                var metadata = Timed(save.Metadata);
                _ = AnswerAsync(
                    Then(() => SaveAsync(metadata, save.Snapshot), new SaveSnapshotSuccess(metadata)),
                    cause => new SaveSnapshotFailure(save.Metadata, cause));
                return true;
            case DeleteSnapshot delete:
                _ = AnswerAsync(
                    Then(() => DeleteAsync(delete.Metadata), new DeleteSnapshotSuccess(delete.Metadata)),
                    cause => new DeleteSnapshotFailure(delete.Metadata, cause));
                return true;
            case DeleteSnapshots delete:
                _ = AnswerAsync(
                    Then(() => DeleteAsync(delete.PersistenceId, delete.Criteria), new DeleteSnapshotsSuccess(delete.Criteria)),
                    cause => new DeleteSnapshotsFailure(delete.Criteria, cause));
                return true;
            default:
                return ReceivePluginInternal(message);
        }
    }

    private static SnapshotMetadata Timed(SnapshotMetadata metadata) => metadata.Timestamp > DateTime.MinValue ? metadata
        : new SnapshotMetadata(metadata.PersistenceId, metadata.SequenceNr, Context.System.Scheduler.Now.UtcDateTime);

    private async Task<object> LoadResultAsync(LoadSnapshot load)
    {
        var none = load.Criteria.Equals(SnapshotSelectionCriteria.None);
        var found = none ? null : await LoadAsync(load.PersistenceId, load.Criteria.Limit(load.ToSequenceNr));
        return new LoadSnapshotResult(found!, load.ToSequenceNr);
    }

    private static async Task<object> Then(Func<Task> work, object answer)
    {
        await work();
        return answer;
    }

    private async Task AnswerAsync(Task<object> work, Func<Exception, object> failed)
    {
        var (sender, self) = (Sender, Self);
        object answer;
        try
        {
            answer = await work;
        }
        catch (Exception cause)
        {
            answer = failed(cause is AggregateException { InnerExceptions: [var single] } ? single : cause);
        }

        sender.Tell(answer, self);
    }
}
