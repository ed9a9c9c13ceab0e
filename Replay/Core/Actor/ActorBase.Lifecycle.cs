namespace Akka.Actor;

public abstract partial class ActorBase
{
    public virtual void AroundPreStart() => PreStart();

    public virtual void AroundPreRestart(Exception cause, object message)
    {
        CancelTimers();
        PreRestart(cause, message);
    }

    public virtual void AroundPostRestart(Exception cause, object message) => PostRestart(cause);

    public virtual void AroundPostStop()
    {
        CancelTimers();
        PostStop();
    }

    protected virtual void PreStart() { }

    /// <summary>Runs on the failed instance; stops all children and calls PostStop unless overridden.</summary>
    protected virtual void PreRestart(Exception reason, object message)
    {
        foreach (var child in Context.GetChildren().ToList())
        {
            Context.Unwatch(child);
            Context.Stop(child);
        }
        PostStop();
    }

    /// <summary>Runs on the fresh instance; calls PreStart unless overridden.</summary>
    protected virtual void PostRestart(Exception reason) => PreStart();

    protected virtual void PostStop() { }

    private void CancelTimers() => (this as IWithTimers)?.Timers?.CancelAll();
}
