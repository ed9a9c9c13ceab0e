using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

public partial class ActorCell
{
    internal void AutoReceiveMessage(object message)
    {
        switch (message)
        {
            case Terminated terminated:
                ReceivedTerminated(terminated);
                break;
            case Kill:
                throw new ActorKilledException("Kill");
            case PoisonPill:
                _self.Stop();
                break;
            case ActorSelectionMessage selection:
                ActorSelectionDelivery.Continue(_self, selection, _sender);
                break;
            case Identify identify:
                Sender.Tell(new ActorIdentity(identify.MessageId, _self), _self);
                break;
            default:
                ReceiveMessage(message);
                break;
        }
    }

    private void Invoke(object message, IActorRef? sender)
    {
        var influencesTimeout = _timeout is not null && message is not INotInfluenceReceiveTimeout;
        try
        {
            CurrentMessage = message;
            _envelopeId = unchecked(_envelopeId + 1);
            _sender = sender;
            if (influencesTimeout) CancelReceiveTimeout();
            if (message is IAutoReceivedMessage) AutoReceiveMessage(message);
            else ReceiveMessage(message);
            CurrentMessage = null!;
        }
        catch (Exception cause)
        {
            HandleInvokeFailure(cause, null);
        }
        if (_timeout is not null) CheckReceiveTimeout(influencesTimeout || _timeout.Pending is null);
    }

    private void ReceiveMessage(object message) => _actor!.AroundReceive(_behavior!, message);

    private void ProcessSystemMessages()
    {
        var pending = TakeSystemMessages();
        while (pending is not null)
        {
            var message = pending;
            pending = message.Next;
            message.Next = null;
            if (IsTerminated)
            {
                ToDeadLetters(message);
                continue;
            }
            if (MustWait(message)) (_heldSystemMail ??= new Queue<SystemMessage>()).Enqueue(message);
            else InvokeSystem(message);
            ReleaseHeldSystemMail();
            pending ??= TakeSystemMessages();
        }
    }

    // System messages held back go first among themselves as soon as nothing holds them back any more.
    private void ReleaseHeldSystemMail()
    {
        while (_heldSystemMail is { Count: > 0 } held && !MustWait(held.Peek())) InvokeSystem(held.Dequeue());
    }

    private bool MustWait(SystemMessage message) =>
        !IsTerminated && ((IsWaitingForChildren && message.WaitsForChildren) || (IsSuspended && message.WaitsForResume));

    private void InvokeSystem(SystemMessage message)
    {
        try
        {
            Dispatch(message);
        }
        catch (Exception cause)
        {
            HandleInvokeFailure(cause, null);
        }
    }

    private void Dispatch(SystemMessage message)
    {
        switch (message)
        {
            case TaskContinuation continuation: ContinueAsync(continuation); break;
            case TaskFinished finished: FinishAsync(finished.HandlerRun); break;
            case Failed failed: HandleFailed(failed); break;
            case DeathWatchNotification death: WatchedActorTerminated(death); break;
            case Create create: CreateActor(create.Failure); break;
            case Watch watch: AddWatcher(watch.Watchee, watch.Watcher); break;
            case Unwatch unwatch: RemoveWatcher(unwatch.Watchee, unwatch.Watcher); break;
            case Recreate recreate: FaultRecreate(recreate.Cause); break;
            case Suspend: FaultSuspend(); break;
            case Resume resume: FaultResume(resume.CausedByFailure); break;
            case Terminate: BeginTermination(); break;
            default: throw new NotSupportedException($"Unknown message {message.GetType().Name}");
        }
    }

    /// <summary>All pending system messages, earliest first.</summary>
    private SystemMessage? TakeSystemMessages()
    {
        var latest = Interlocked.Exchange(ref _systemMail, null);
        SystemMessage? earliest = null;
        while (latest is not null)
        {
            var next = latest.Next;
            latest.Next = earliest;
            earliest = latest;
            latest = next;
        }
        return earliest;
    }
}
