using Akka.Actor;
using Akka.Dispatch;

namespace Akka.Persistence;

public abstract partial class Eventsourced
{
    private bool _asyncTaskRunning;

    /// <summary>Runs an asynchronous handler: the actor takes no other message before it ends.</summary>
    protected void RunTask(Func<Task> action)
    {
        if (_asyncTaskRunning) throw new NotSupportedException("RunTask calls cannot be nested");
        ActorTaskScheduler.RunTask(() => RunAround(action));
    }

    private async Task RunAround(Func<Task> action)
    {
        var task = action();
        var suspended = !task.IsCompleted;
        _asyncTaskRunning = suspended;
        var failed = true;
        try
        {
            await task;
            failed = false;
        }
        finally
        {
            _asyncTaskRunning = false;
            if (suspended) AfterCommand(failed);
        }
    }

    private void ProcessCommand(Receive receive, object message)
    {
        if (HandleJournalReply(message)) return;
        var failed = true;
        try
        {
            base.AroundReceive(receive, message);
            failed = false;
        }
        finally
        {
            AfterCommand(failed);
        }
    }

    private void AfterCommand(bool failed)
    {
        if (_eventBatch.Count > 0) FlushBatch();
        if (_asyncTaskRunning) return;
        if (_pendingStashing > 0) _phase = Phase.Persisting;
        else UnstashInternally(all: failed);
    }

    /// <summary>What the journal answers while commands are processed or stashed. Answers to an earlier incarnation are dropped.</summary>
    private bool HandleJournalReply(object message)
    {
        switch (message)
        {
            case WriteMessageSuccess success:
                if (success.ActorInstanceId == _instanceId)
                {
                    UpdateLastSequenceNr(success.Persistent);
                    InvokeNext(success.Persistent.Payload);
                }

                return true;
            case LoopMessageSuccess loop:
                if (loop.ActorInstanceId == _instanceId) InvokeNext(loop.Message);
                return true;
            case WriteMessageRejected rejected:
                if (rejected.ActorInstanceId == _instanceId) Reject(rejected);
                return true;
            case WriteMessageFailure failure:
                if (failure.ActorInstanceId == _instanceId) Fail(failure);
                return true;
            case WriteMessagesSuccessful:
                _writeInProgress = false;
                FlushJournalBatch();
                return true;
            case WriteMessagesFailed failed:
                if (failed.WriteCount == 0) _writeInProgress = false;
                return true;
            case RecoveryTick:
                return true;
            default:
                return false;
        }
    }

    private void InvokeNext(object payload)
    {
        var failed = true;
        try
        {
            try
            {
                _pendingInvocations.Peek().Invoke(payload);
            }
            finally
            {
                FlushBatch();
            }

            failed = false;
        }
        finally
        {
            InvocationDone(failed);
        }
    }

    private void Reject(WriteMessageRejected rejected)
    {
        UpdateLastSequenceNr(rejected.Persistent);
        InvocationDone(failed: false);
        OnPersistRejected(rejected.Cause, rejected.Persistent.Payload, rejected.Persistent.SequenceNr);
    }

    private void Fail(WriteMessageFailure failure)
    {
        InvocationDone(failed: false);
        try
        {
            OnPersistFailure(failure.Cause, failure.Persistent.Payload, failure.Persistent.SequenceNr);
        }
        finally
        {
            Context.Stop(Self);
        }
    }

    /// <summary>When the last stashing handler has run, those left are all asynchronous ones, and commands may go on.</summary>
    private void InvocationDone(bool failed)
    {
        var done = _pendingInvocations.Dequeue();
        if (_phase == Phase.Persisting)
        {
            if (done.Stashing) _pendingStashing--;
            if (_pendingStashing > 0) return;
            _phase = Phase.Processing;
        }

        UnstashInternally(all: failed);
    }

    private void UpdateLastSequenceNr(IPersistentRepresentation persistent)
    {
        if (persistent.SequenceNr > LastSequenceNr) LastSequenceNr = persistent.SequenceNr;
    }
}
