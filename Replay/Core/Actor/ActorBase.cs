using Akka.Actor.Scheduler;
using Akka.Event;

namespace Akka.Actor;

/// <summary>Base of all actors: one message at a time, state of its own.</summary>
public abstract partial class ActorBase : IInternalActor
{
    private readonly ActorCell _cell;
    private IActorRef? _clearedSelf;

    protected ActorBase()
    {
        _cell = ActorCell.Current
            ?? throw new ActorInitializationException("Do not create actors using 'new', always create them using an ActorContext/System");
        if (this is IWithTimers withTimers) withTimers.Timers = new TimerScheduler(_cell);
        _cell.Become(Receive);
    }

    /// <summary>Who sent the current message; dead letters when nobody did.</summary>
    protected IActorRef Sender => Context.Sender;

    protected IActorRef Self => _clearedSelf ?? Context.Self;

    IActorContext IInternalActor.ActorContext => Context;

    /// <exception cref="NotSupportedException">The code runs outside its actor's turn.</exception>
    protected static IActorContext Context
    {
        get
        {
            var cell = ActorCell.Current;
            if (cell is null) ThrowNoContext();
            return cell!.ActorHasBeenCleared ? null! : cell;
        }
    }

    protected static Receive EmptyReceive => static _ => false;

    internal SupervisorStrategy? GivenStrategy { get; set; }

    internal SupervisorStrategy Strategy => GivenStrategy ??= SupervisorStrategy() ?? Actor.SupervisorStrategy.DefaultStrategy;

    protected internal virtual bool AroundReceive(Receive receive, object message)
    {
        if (message is TimerMessage timer)
        {
            var content = (this as IWithTimers)?.Timers is TimerScheduler timers ? timers.Intercept(timer) : null;
            if (content is null) return true;
            if (content is IAutoReceivedMessage)
            {
                _cell.AutoReceiveMessage(content);
                return true;
            }
            _cell.CurrentMessage = content;
            message = content;
        }

        var handled = receive(message);
        if (!handled) Unhandled(message);
        return handled;
    }

    protected abstract bool Receive(object message);

    /// <summary>Publishes <see cref="UnhandledMessage"/>; an unhandled Terminated throws <see cref="DeathPactException"/>.</summary>
    protected virtual void Unhandled(object message)
    {
        if (message is Terminated terminated) throw new DeathPactException(terminated.ActorRef);
        Context.System.EventStream.Publish(new UnhandledMessage(message, Sender, Self));
    }

    protected void Become(Receive receive) => Context.Become(receive);

    protected void BecomeStacked(Receive receive) => Context.BecomeStacked(receive);

    protected void UnbecomeStacked() => Context.UnbecomeStacked();

    protected void SetReceiveTimeout(TimeSpan? timeout) => Context.SetReceiveTimeout(timeout);

    /// <summary>How this actor handles its children's failures; asked for once per instance.</summary>
    protected virtual SupervisorStrategy SupervisorStrategy() => Actor.SupervisorStrategy.DefaultStrategy;

    internal void Clear(IActorRef self) => _clearedSelf = self;

    internal void Unclear() => _clearedSelf = null;

    private static void ThrowNoContext() => throw new NotSupportedException(
        "There is no active ActorContext, this is most likely due to use of async operations from within this actor.");
}
