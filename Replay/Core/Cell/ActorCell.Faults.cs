using System.Runtime.ExceptionServices;
using Akka.Actor.Internal;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

public partial class ActorCell
{
    private Queue<SystemMessage>? _heldSystemMail;

    // Who failed: this actor or the child whose failure this actor escalated; null while all is well.
    private IActorRef? _failed;

    private void SuspendNonRecursive() => _obstacles += OneSuspension;

    private void ResumeNonRecursive()
    {
        if (_obstacles >= OneSuspension) _obstacles -= OneSuspension;
    }

    private void FaultSuspend()
    {
        SuspendNonRecursive();
        SuspendChildren(null);
    }

    private void FaultResume(Exception? causedByFailure)
    {
        if (_actor is null)
        {
            FaultCreate();
            return;
        }
        var perpetrator = _failed;
        ResumeNonRecursive();
        if (causedByFailure is not null) _failed = null;
        foreach (var child in ChildRefs())
            child.Resume(perpetrator is not null && child.Equals(perpetrator) ? causedByFailure : null);
    }

    private void FaultRecreate(Exception cause)
    {
        if (_actor is null)
        {
            FaultCreate();
            return;
        }
        if (!IsNormal)
        {
            FaultResume(null);
            return;
        }
        var failedActor = _actor;
        var message = CurrentMessage;
        try
        {
            failedActor.AroundPreRestart(cause, message);
            ReleaseStash(failedActor);
        }
        catch (Exception e)
        {
            var ex = new PreRestartException(_self, e, cause, message);
            Publish(new Error(ex, _self.Path.ToString(), failedActor.GetType(), e.Message));
        }
        finally
        {
            ClearActor(failedActor);
        }
        if (!WaitForChildren(ChildWait.Recreation, cause)) FinishRecreate(cause);
    }

    private void FinishRecreate(Exception cause)
    {
        var survivors = ChildRefs();
        try
        {
            ResumeNonRecursive();
            _failed = null;
            var fresh = NewActor();
            _actor = fresh;
            fresh.AroundPostRestart(cause, null!);
            foreach (var child in survivors) child.Restart(cause);
        }
        catch (Exception e)
        {
            ClearActor(_actor);
            HandleInvokeFailure(new PostRestartException(_self, e, cause), survivors);
        }
    }

    private void FaultCreate()
    {
        SetReceiveTimeout(null);
        CancelReceiveTimeout();
        StopChildren();
        if (!WaitForChildren(ChildWait.Creation, null)) FinishCreate();
    }

    private void FinishCreate()
    {
        ResumeNonRecursive();
        _failed = null;
        try
        {
            CreateActor(null);
        }
        catch (Exception e)
        {
            HandleInvokeFailure(e, null);
        }
    }

    /// <summary>Suspends this actor and those below it, and leaves the decision to the parent.</summary>
    private void HandleInvokeFailure(Exception cause, IReadOnlyCollection<IInternalActorRef>? notToSuspend)
    {
        if (_failed is not null || IsTerminated) return;
        try
        {
            SuspendNonRecursive();
            if (CurrentMessage is Failed { Child: IInternalActorRef child })
            {
                _failed = child;
                notToSuspend = [.. notToSuspend ?? [], child];
            }
            else
            {
                _failed = _self;
            }
            SuspendChildren(notToSuspend);
            _parent.SendSystemMessage(new Failed(_self, cause, _self.Path.Uid));
        }
        catch (Exception e)
        {
            Publish(new Error(e, _self.Path.ToString(), ActorType, "Emergency stop: exception in failure handling for " + cause));
            StopChildren();
            FinishTermination();
        }
    }

    private void HandleFailed(Failed failure)
    {
        CurrentMessage = failure;
        _sender = failure.Child;
        if (_children?.Find(failure.Child) is not { } stats || stats.Uid != failure.Uid)
        {
            Publish(new Debug(_self.Path.ToString(), ActorType, $"Dropping Failed({failure.Cause}) from unknown child {failure.Child}"));
            return;
        }
        if (!_actor!.Strategy.HandleFailure(this, failure.Child, failure.Cause, stats, _children.Stats()))
            ExceptionDispatchInfo.Throw(failure.Cause);
        CurrentMessage = null!;
    }

    private void HandleChildTerminated(IActorRef child)
    {
        var wait = _children!.Remove(child, out var cause);
        if (_actor is not null)
        {
            try
            {
                _actor.Strategy.HandleChildTerminated(this, child, ChildrenWhenAsked());
            }
            catch (Exception e)
            {
                Publish(new Error(e, _self.Path.ToString(), ActorType, "HandleChildTerminated failed"));
                HandleInvokeFailure(e, null);
            }
        }
        switch (wait)
        {
            case ChildWait.Recreation: FinishRecreate(cause!); break;
            case ChildWait.Creation: FinishCreate(); break;
            case ChildWait.Termination: FinishTermination(); break;
        }
    }
}
