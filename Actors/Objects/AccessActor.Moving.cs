using Akka.Actor;
using Iommu.Messages;
using Iommu.Persistence.Events;

namespace Iommu.Actors.Objects;

/// <summary>
/// Attach, replace, detach, and the end (device.c, iommufd_access_change_ioas). While the owner is asked to let go of what it is on, it
/// can unpin, and do nothing else.
/// </summary>
internal sealed partial class AccessActor
{
    // What pins go to, and what unpins go to: the second is the old one for as long as the owner may have pages of it.
    private ObjectEntry? _ioas = attached;
    private ObjectEntry? _unpins = attached;
    private bool _moving;

    private void Attach(AccessAttach call)
    {
        if (_ioas is not null) EndCall(Errno.EINVAL);
        else Join(call.Ioas);
    }

    private void Replace(AccessReplace call)
    {
        if (_ioas is null) EndCall(Errno.ENOENT);
        else Join(call.Ioas);
    }

    private void Join(ObjectId id)
    {
        if (Environment.Table.Find(id, ObjectType.Ioas) is not { } ioas) EndCall(Errno.ENOENT);
        else if (_ioas != _unpins) EndCall(Errno.EBUSY);
        else if (_ioas == ioas)
        {
            Lifetime.Release(Release.Call);
            Environment.Context.Tell(new Settle(Answer.Success), Sender);
        }
        else
        {
            _moving = true;
            var self = new ObjectEntry(Lifetime.Id, ObjectType.Access, Self, null);
            ioas.Actor.Forward(new JoinAccess(self, pins, First: _ioas is null));
        }
    }

    private void OnJoined(AccessJoined joined)
    {
        EndMove();
        if (joined.Ioas is not { } ioas)
        {
            Lifetime.Release(Release.Call);
            return;
        }
        var caller = Sender;
        LetGo(old => Environment.Context.Tell(new Journal([new AccessAttached(Lifetime.Id, ioas.Id)], Answer.Success,
            (old.Actor, new AccessLeft(Self)), (ioas.Actor, Release.CallOnly), (Self, new AccessMoved(ioas))), caller));
    }

    private void Detach()
    {
        var caller = Sender;
        if (_ioas is null) EndCall(Errno.EINVAL);
        else LetGo(old => Environment.Context.Tell(new Journal([new AccessDetached(Lifetime.Id)], Answer.Success,
            (old.Actor, new AccessLeft(Self)), (Self, new AccessMoved(null))), caller));
    }

    private void OnMoved(AccessMoved moved)
    {
        _ioas = _unpins = moved.Ioas;
        EndMove();
        Lifetime.Release(Release.Call);
    }

    /// <summary>Nobody pins any more, and the owner gives up what it has pinned; the IOAS has heard of that before it goes on.</summary>
    private void LetGo(Action<ObjectEntry> then)
    {
        var old = _ioas!;
        _ioas = null;
        Ask(new UnmapNotice(Lifetime.Id, 0, ulong.MaxValue), () =>
        {
            if (_uses == 0) then(old);
            else _whenUnused = () => then(old);
        });
    }

    private void EndMove()
    {
        _moving = false;
        Stash.UnstashAll();
    }

    /// <summary>iommufd_access_destroy(): waits for what is in flight, and is not refused.</summary>
    private void DestroyForOwner()
    {
        if (!Lifetime.LeaveAndWait(Sender))
        {
            Sender.Tell((Answer)Errno.ENOENT);
            return;
        }
        Lifetime.Release(Release.Dependant);
    }

    protected override void Undo()
    {
        if (_ioas is null) Lifetime.Retire();
        else LetGo(old => Lifetime.Retire(false, (old.Actor, new AccessLeft(Self))));
    }
}
