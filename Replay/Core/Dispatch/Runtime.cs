using Akka.Actor;
using Akka.Actor.Scheduler;

namespace Akka.Dispatch;

/// <summary>What decides when an actor takes its turn, and what time it is.</summary>
internal abstract class Runtime
{
    /// <summary>The timers of the system, in real or virtual time.</summary>
    public abstract TimerService Timers { get; }

    /// <summary>Time since the system began.</summary>
    public abstract TimeSpan Elapsed { get; }

    public abstract DateTime UtcNow { get; }

    public virtual bool IsDeterministic => false;

    /// <summary>Takes a cell whose mailbox has just become scheduled; it must be run once for this call.</summary>
    public abstract void Schedule(ActorCell cell);

    /// <summary>Runs an action outside any actor.</summary>
    public abstract void Schedule(Action action);

    public abstract Guid NewGuid();

    /// <summary>Hands a reply to its Ask; deterministic mode makes that a turn of its own.</summary>
    public virtual void Complete(AskRef ask, object reply) => ask.Deliver(reply);

    /// <summary>Called when an Ask was sent; deterministic mode answers an Ask from outside before this returns.</summary>
    public virtual void AwaitReply(AskRef ask) { }

    /// <summary>In deterministic mode runs the system until the task is complete.</summary>
    public virtual void RunUntilCompleted(Task task, string what) { }

    public virtual void AsyncStarted(ActorCell cell) { }

    public virtual void AsyncEnded(ActorCell cell) { }

    public virtual PendingPipe? PipeStarted(ActorCell cell) => null;

    public virtual void PipeEnded(PendingPipe pipe) { }

    public abstract void Shutdown();
}
