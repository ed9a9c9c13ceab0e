using Akka.Actor;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>
/// An object that is read through an open file, which holds one of its <c>users</c> until it is closed. After a recovery there is no file,
/// it was the process's, until that says that it has it still.
/// </summary>
internal abstract class EventQueueActor : ObjectActor
{
    private readonly List<WatchFile> _watchers = [];
    private bool _open;

    protected EventQueueActor(ObjectEnvironment environment, ObjectId id, ObjectType type, bool open, int users)
        : base(environment, id, type, users) => _open = open && Lifetime.TryHold();

    protected abstract bool IsReadable { get; }

    protected abstract PollEvents ReadyToWrite { get; }

    protected override void OnAcquired(Acquire acquire) => EndCall(Errno.EINVAL);

    protected override void OnOther(object message)
    {
        switch (message)
        {
            case FileCall call when !_open:
                call.Waiting(Sender).Tell(call.WhenClosed);
                break;
            case ReadEvents { Positioned: true } or WriteEvents { Positioned: true }:
                Sender.Tell((Answer)Errno.ESPIPE);
                break;
            case ReadEvents read:
                Sender.Tell(Read(read));
                break;
            case WriteEvents write:
                Write(write);
                break;
            case PollFile poll:
                Sender.Tell(new PollAnswer(poll.File, Ready));
                break;
            case WatchFile watch:
                _watchers.Add(watch);
                WakeWatchers();
                break;
            case UnwatchFile unwatch:
                _watchers.RemoveAll(watch => watch.Watcher.Equals(unwatch.Watcher));
                break;
            case ReopenEventFile:
                Sender.Tell(Reopen());
                break;
            case EventFileClosed:
                CloseFile();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    protected abstract Answer Read(ReadEvents read);

    protected abstract void Write(WriteEvents write);

    /// <summary>Something may have become readable.</summary>
    protected void WakeWatchers()
    {
        if (!IsReadable) return;
        foreach (var watch in _watchers) watch.Watcher.Tell(new PollAnswer(watch.File, Ready));
        _watchers.Clear();
    }

    private PollEvents Ready => ReadyToWrite | (IsReadable ? PollEvents.In | PollEvents.ReadNormal : PollEvents.None);

    private Answer Reopen()
    {
        if (_open || !Lifetime.TryHold()) return _open ? Errno.EBUSY : Errno.ENOENT;
        _open = true;
        return new EventQueueAnswer(Lifetime.Id, new EventFile(Lifetime.Id, Self, SimulatorConfig.CallPatience(Context.System)));
    }

    /// <summary>Its last close; or the context's, which closes what the process has left open.</summary>
    private void CloseFile()
    {
        if (!_open) return;
        _open = false;
        foreach (var watch in _watchers) watch.Watcher.Tell(watch.WhenClosed);
        _watchers.Clear();
        Lifetime.Drop();
    }
}
