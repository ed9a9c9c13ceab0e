using Akka.Actor.Internal;
using Akka.Dispatch.SysMsg;
using Akka.Event;

namespace Akka.Actor;

public partial class ActorCell
{
    private WatchState? _watch;

    public IActorRef Watch(IActorRef subject) => WatchFor(subject, null);

    public IActorRef WatchWith(IActorRef subject, object message)
    {
        ArgumentNullException.ThrowIfNull(message);
        return WatchFor(subject, message);
    }

    public IActorRef Unwatch(IActorRef subject)
    {
        ArgumentNullException.ThrowIfNull(subject);
        if (_watch is null || subject.Equals(_self)) return subject;
        if (_watch.Watching.Remove(subject))
        {
            var watchee = (IInternalActorRef)subject;
            watchee.SendSystemMessage(new Unwatch(watchee, _self));
        }
        _watch.Queued.Remove(subject);
        return subject;
    }

    internal void TerminatedQueuedFor(IActorRef subject) => (_watch ??= new WatchState()).Queued[subject] = null;

    private IActorRef WatchFor(IActorRef subject, object? message)
    {
        ArgumentNullException.ThrowIfNull(subject);
        if (subject.Equals(_self)) return subject;
        var watch = _watch ??= new WatchState();
        if (!watch.Watching.TryAdd(subject, message)) return subject;
        var watchee = (IInternalActorRef)subject;
        watchee.SendSystemMessage(new Watch(watchee, _self));
        return subject;
    }

    // Unwatch also withdraws a Terminated that is already in the mailbox.
    private void ReceivedTerminated(Terminated terminated)
    {
        if (_watch is null || !_watch.Queued.Remove(terminated.ActorRef, out var message)) return;
        ReceiveMessage(message ?? terminated);
    }

    private void WatchedActorTerminated(DeathWatchNotification death)
    {
        if (_watch is not null && _watch.Watching.Remove(death.Actor, out var message) && !IsTerminating)
        {
            _self.Tell(new Terminated(death.Actor, death.ExistenceConfirmed, death.AddressTerminated), death.Actor);
            _watch.Queued[death.Actor] = message;
        }
        if (_children?.Find(death.Actor) is not null) HandleChildTerminated(death.Actor);
    }

    private void AddWatcher(IActorRef watchee, IActorRef watcher)
    {
        if (watchee.Equals(_self) && !watcher.Equals(_self)) (_watch ??= new WatchState()).WatchedBy.Add(watcher);
        else if (watcher.Equals(_self)) Watch(watchee);
        else Publish(new Warning(_self.Path.ToString(), ActorType, $"Illegal Watch({watchee},{watcher}) for {_self}"));
    }

    private void RemoveWatcher(IActorRef watchee, IActorRef watcher)
    {
        if (watchee.Equals(_self)) _watch?.WatchedBy.Remove(watcher);
        else if (watcher.Equals(_self)) Unwatch(watchee);
    }

    // The parent hears of every child's end in any case.
    private void TellWatchers()
    {
        if (_watch is null) return;
        foreach (var watcher in _watch.WatchedBy.Cast<IInternalActorRef>())
            if (!watcher.Equals(_parent))
                watcher.SendSystemMessage(new DeathWatchNotification(_self, existenceConfirmed: true, addressTerminated: false));
        _watch.WatchedBy.Clear();
    }

    private void UnwatchAll()
    {
        if (_watch is null) return;
        foreach (var watchee in _watch.Watching.Keys.Cast<IInternalActorRef>().ToList())
            watchee.SendSystemMessage(new Unwatch(watchee, _self));
        _watch.Watching.Clear();
        _watch.Queued.Clear();
    }
}
