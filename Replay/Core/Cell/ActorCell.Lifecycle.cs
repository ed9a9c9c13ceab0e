using Akka.Actor.Internal;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

public partial class ActorCell
{
    private static readonly Props StoppedProps = new TerminatedProps();

    private void CreateActor(Exception? failure)
    {
        if (failure is not null) throw failure;
        try
        {
            _actor = NewActor();
            _actor.AroundPreStart();
            CheckReceiveTimeout(reschedule: true);
        }
        catch (Exception e)
        {
            if (_actor is not null)
            {
                ClearActor(_actor);
                _actor = null;
            }
            throw new ActorInitializationException(_self, "Exception during creation", e);
        }
    }

    private ActorBase NewActor()
    {
        ClearBehaviors();
        ActorHasBeenCleared = false;
        var actor = _props.NewActor();
        if (actor is IActorStash stashing) stashing.Stash = new UnboundedStashImpl(this);
        if (actor is IInitializableActor initializable) initializable.Init();
        actor.GivenStrategy = _props.SupervisorStrategy;
        actor.Unclear();
        return actor;
    }

    private void ClearActor(ActorBase? actor)
    {
        if (actor is not null)
        {
            if (actor is IDisposable disposable) PublishOnFailure(disposable.Dispose, actor.GetType());
            _props.Release(actor);
            actor.Clear(_system.DeadLetters);
        }
        ActorHasBeenCleared = true;
        CurrentMessage = null!;
        ClearBehaviors();
    }

    private void BeginTermination()
    {
        SetReceiveTimeout(null);
        CancelReceiveTimeout();
        UnwatchAll();
        StopChildren();
        var wasTerminating = IsTerminating;
        if (!WaitForChildren(ChildWait.Termination, null))
        {
            FinishTermination();
            return;
        }
        if (wasTerminating) return;
        SuspendNonRecursive();
        _failed = _self;
    }

    private void FinishTermination()
    {
        var actor = _actor;
        if (actor is not null)
        {
            PublishOnFailure(actor.AroundPostStop, actor.GetType());
            ReleaseStash(actor);
        }
        _children?.Close();
        _obstacles |= Closed;
        _parent.SendSystemMessage(new DeathWatchNotification(_self, existenceConfirmed: true, addressTerminated: false));
        TellWatchers();
        UnwatchAll();
        ClearActor(actor);
        _props = StoppedProps;
        _actor = null;
        _sender = null;
        _heldSystemMail = null;
        _asyncRun?.External?.Dispose();
        _asyncRun = null;
    }

    // What the old instance had stashed goes back to the front of the mailbox.
    private static void ReleaseStash(ActorBase actor) => (actor as IActorStash)?.Stash?.UnstashAll();

    private void PublishOnFailure(Action action, Type actorType)
    {
        try
        {
            action();
        }
        catch (Exception e)
        {
            Publish(new Error(e, _self.Path.ToString(), actorType, e.Message));
        }
    }

    private void Publish(LogEvent logEvent) => _system.EventStream.Publish(logEvent);
}
