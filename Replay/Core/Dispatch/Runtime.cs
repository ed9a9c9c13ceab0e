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

    /// <summary>What stands before the mailboxes; null for nothing, as always but in deterministic mode.</summary>
    public Iommu.Replay.IMessageFilter? Filter { get; set; }

    /// <summary>How continuations of the runtime's own tasks run: on the pool, or at once on the one thread there is.</summary>
    public TaskCreationOptions ContinuationOptions =>
        IsDeterministic ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously;

    /// <summary>Takes a cell whose mailbox has just become scheduled; it must be run once for this call.</summary>
    public abstract void Enqueue(ActorCell cell);

    /// <summary>Runs an action outside any actor.</summary>
    public abstract void Enqueue(Action action);

    public abstract Guid NewGuid();

    /// <summary>Hands a reply to its Ask; deterministic mode makes that a turn of its own.</summary>
    public virtual void Complete(AskRef ask, object reply) => ask.Deliver(reply);

    /// <summary>Called when an Ask was sent; deterministic mode answers an Ask from outside before this returns.</summary>
    public virtual void AwaitReply(AskRef ask) { }

    /// <summary>In deterministic mode runs the system until the task is complete.</summary>
    public virtual void RunUntilCompleted(Task task, string what) { }

    /// <summary>Brings in what a task's end leads to; in deterministic mode at a time that does not depend on the task's.</summary>
    public virtual void Post(Action action) => action();

    /// <summary>Completes a task of the runtime; in deterministic mode so that whoever awaits it stays on the one thread.</summary>
    public virtual void Resolve(Action complete) => complete();

    /// <summary>Notes a task that may end outside the actors; whoever gets a note back disposes it when the task has ended.</summary>
    public virtual IDisposable? ExternalStarted(ActorCell? owner, Task task, string what) => null;

    public abstract void Shutdown();
}
