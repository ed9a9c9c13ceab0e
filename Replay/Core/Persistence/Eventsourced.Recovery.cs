using Akka.Actor;
using Akka.Event;

namespace Akka.Persistence;

public abstract partial class Eventsourced
{
    private Phase _phase = Phase.WaitingForPermit;
    private readonly Receive _recover;
    private ICancelable? _recoveryTimer;
    private bool _eventSeen;

    /// <summary>In the order in which an incarnation goes through them; the last two alternate.</summary>
    private enum Phase
    {
        WaitingForPermit,
        LoadingSnapshot,
        Replaying,
        Processing,
        Persisting,
    }

    /// <summary>Time has passed while a snapshot is loaded or events are replayed.</summary>
    private sealed class RecoveryTick(bool snapshot) : IDeadLetterSuppression
    {
        public bool Snapshot { get; } = snapshot;
    }

    private void RequestRecoveryPermit()
    {
        _phase = Phase.WaitingForPermit;
        Extension.RecoveryPermitter.Tell(Akka.Persistence.RequestRecoveryPermit.Instance, Self);
    }

    private void ReturnRecoveryPermit() => Extension.RecoveryPermitter.Tell(Akka.Persistence.ReturnRecoveryPermit.Instance, Self);

    private void WaitForPermit(object message)
    {
        if (message is not RecoveryPermitGranted)
        {
            StashInternally(message);
            return;
        }

        var timeout = Extension.RecoveryEventTimeout(JournalPluginId);
        _recoveryTimer = Context.System.Scheduler.ScheduleTellOnceCancelable(timeout, Self, new RecoveryTick(snapshot: true), Self);
        _phase = Phase.LoadingSnapshot;
        LoadSnapshot(SnapshotterId, Recovery.FromSnapshot, Recovery.ToSequenceNr);
    }

    private void AwaitSnapshot(object message)
    {
        switch (message)
        {
            case LoadSnapshotResult result:
                if (result.Snapshot is null || TryOffer(result.Snapshot)) StartReplay(result.ToSequenceNr);
                break;
            case LoadSnapshotFailed failed:
                FailRecovery(failed.Cause);
                break;
            case RecoveryTick { Snapshot: true }:
                FailRecovery(new RecoveryTimedOutException(
                    $"Recovery timed out, didn't get snapshot within {Extension.RecoveryEventTimeout(JournalPluginId).TotalSeconds}s."));
                break;
            default:
                StashInternally(message);
                break;
        }
    }

    private bool TryOffer(SelectedSnapshot selected)
    {
        var offer = new SnapshotOffer(selected.Metadata, selected.Snapshot);
        try
        {
            LastSequenceNr = selected.Metadata.SequenceNr;
            if (!base.AroundReceive(_recover, offer)) LastSequenceNr = 0;
            return true;
        }
        catch (Exception cause)
        {
            FailRecovery(cause);
            return false;
        }
    }

    private void StartReplay(long toSequenceNr)
    {
        _recoveryTimer!.Cancel();
        _eventSeen = false;
        var timeout = Extension.RecoveryEventTimeout(JournalPluginId);
        _recoveryTimer = Context.System.Scheduler.ScheduleTellRepeatedlyCancelable(
            timeout, timeout, Self, new RecoveryTick(snapshot: false), Self);
        _phase = Phase.Replaying;
        Journal.Tell(new ReplayMessages(LastSequenceNr + 1, toSequenceNr, Recovery.ReplayMax, PersistenceId, Self), Self);
    }

    private void Replay(object message)
    {
        switch (message)
        {
            case ReplayedMessage replayed:
                ReplayEvent(replayed.Persistent);
                break;
            case RecoverySuccess success:
                CompleteRecovery(success.HighestSequenceNr);
                break;
            case ReplayMessagesFailure failure:
                FailRecovery(failure.Cause);
                break;
            case RecoveryTick { Snapshot: false } when !_eventSeen:
                FailRecovery(new RecoveryTimedOutException("Recovery timed out, didn't get event within "
                    + $"{Extension.RecoveryEventTimeout(JournalPluginId).TotalSeconds}s, highest sequence number seen {LastSequenceNr}."));
                break;
            case RecoveryTick:
                _eventSeen = false;
                break;
            default:
                StashInternally(message);
                break;
        }
    }

    private bool RecoverFrom(object message) =>
        ReceiveRecover(message is IPersistentRepresentation persistent ? persistent.Payload : message);

    private void ReplayEvent(IPersistentRepresentation persistent)
    {
        _eventSeen = true;
        UpdateLastSequenceNr(persistent);
        try
        {
            base.AroundReceive(_recover, persistent);
        }
        catch (Exception cause)
        {
            FailRecovery(cause, persistent.Payload);
        }
    }

    /// <summary>A handler of RecoveryCompleted may already persist, and it may throw.</summary>
    private void CompleteRecovery(long highestSequenceNr)
    {
        try
        {
            _recoveryTimer!.Cancel();
            OnReplaySuccess();
            _sequenceNr = LastSequenceNr = Math.Max(highestSequenceNr, LastSequenceNr);
            _phase = Phase.Processing;
            try
            {
                base.AroundReceive(_recover, RecoveryCompleted.Instance);
            }
            finally
            {
                if (_eventBatch.Count > 0) FlushBatch();
                if (_pendingStashing > 0) _phase = Phase.Persisting;
                else _internalStash.UnstashAll();
            }
        }
        finally
        {
            ReturnRecoveryPermit();
        }
    }

    private void FailRecovery(Exception cause, object? message = null)
    {
        try
        {
            _recoveryTimer!.Cancel();
            OnRecoveryFailure(cause, message!);
        }
        finally
        {
            Context.Stop(Self);
            ReturnRecoveryPermit();
        }
    }
}
