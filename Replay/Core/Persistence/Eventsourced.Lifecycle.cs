using Akka.Actor;

namespace Akka.Persistence;

public abstract partial class Eventsourced
{
    /// <summary>What must not come back from the user's stash into another incarnation.</summary>
    public static readonly Func<Envelope, bool> UnstashFilterPredicate =
        static envelope => envelope.Message is not (WriteMessageSuccess or ReplayedMessage);

    /// <exception cref="ArgumentNullException">The persistence id is null.</exception>
    public override void AroundPreStart()
    {
        if (PersistenceId is null) throw new ArgumentNullException($"PersistenceId is [null] for PersistentActor [{Self.Path}]");

        // A plugin that cannot start fails the actor here, before its first command.
        _ = Journal;
        _ = SnapshotStore;
        RequestRecoveryPermit();
        base.AroundPreStart();
    }

    public override void AroundPreRestart(Exception cause, object message)
    {
        try
        {
            ReleaseStashes();
        }
        finally
        {
            FlushJournalBatch();
            base.AroundPreRestart(cause, message switch
            {
                WriteMessageSuccess success => success.Persistent,
                LoopMessageSuccess success => success.Message,
                ReplayedMessage replayed => replayed.Persistent,
                _ => message,
            });
        }
    }

    public override void AroundPostRestart(Exception cause, object message)
    {
        RequestRecoveryPermit();
        base.AroundPostRestart(cause, message);
    }

    public override void AroundPostStop()
    {
        try
        {
            _recoveryTimer?.Cancel();
            ReleaseStashes();
        }
        finally
        {
            base.AroundPostStop();
        }
    }

    protected internal override bool AroundReceive(Receive receive, object message)
    {
        if (message is ReplayMark mark)
        {
            mark.Reach();
            return true;
        }

        switch (_phase)
        {
            case Phase.WaitingForPermit:
                WaitForPermit(message);
                break;
            case Phase.LoadingSnapshot:
                AwaitSnapshot(message);
                break;
            case Phase.Replaying:
                Replay(message);
                break;
            case Phase.Processing:
                ProcessCommand(receive, message);
                break;
            case Phase.Persisting:
                if (!HandleJournalReply(message)) StashInternally(message);
                break;
        }

        return true;
    }

    private void ReleaseStashes()
    {
        _internalStash.UnstashAll();
        Stash.UnstashAll(UnstashFilterPredicate);
    }
}
