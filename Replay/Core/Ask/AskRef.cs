using Akka.Actor.Internal;
using Akka.Actor.Scheduler;
using Akka.Dispatch.SysMsg;

namespace Akka.Actor;

/// <summary>The sender of an Ask: a reference that takes one reply.</summary>
internal abstract class AskRef(ActorSystemImpl system) : MinimalActorRef
{
    private ActorPath? _path;
    private int _over;

    public object? Question { get; protected set; }

    public ICanTell? Target { get; protected set; }

    /// <summary>Whose turn it was when the question was put, if it was an actor's.</summary>
    public ActorCell? Asker { get; } = ActorCell.Current;

    /// <summary>Whether a timer ends the Ask if nothing else does.</summary>
    public bool HasTimeout { get; protected set; }

    public TimeSpan AskedAt { get; set; }

    public abstract Task Reply { get; }

    /// <summary>Hands the reply to whoever awaits it.</summary>
    public abstract void Deliver(object message);

    /// <summary>Ends the Ask with an exception.</summary>
    public abstract void Fail(Exception cause);

    public bool IsOver => Volatile.Read(ref _over) != 0;

    public override ActorPath Path => _path ?? MakePath();

    public override IActorRefProvider Provider => system.Provider;

    public override IInternalActorRef Parent => system.Provider.TempContainer;

    protected ActorSystemImpl System => system;

    /// <summary>Ends the Ask; false when it was over before.</summary>
    protected bool TryEnd()
    {
        if (Interlocked.Exchange(ref _over, 1) != 0) return false;
        if (Volatile.Read(ref _path) is { } path) system.Tree.UnregisterTemp(path);
        return true;
    }

    public override void SendSystemMessage(ISystemMessage message)
    {
        switch (message)
        {
            case DeathWatchNotification death:
                Tell(new Terminated(death.Actor, death.ExistenceConfirmed, death.AddressTerminated), death.Actor);
                break;
            case Watch watch when IsOver:
                watch.Watcher.SendSystemMessage(
                    new DeathWatchNotification(watch.Watchee, existenceConfirmed: true, addressTerminated: false));
                break;
        }
    }

    private ActorPath MakePath()
    {
        Interlocked.CompareExchange(ref _path, system.Provider.TempPath(), null);
        if (!IsOver) system.Tree.RegisterTemp(this);
        return _path;
    }
}
