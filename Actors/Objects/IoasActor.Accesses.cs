using Akka.Actor;
using Iommu.Actors.Core.Ioas;
using Iommu.Messages;
using Iommu.Persistence.Events;

namespace Iommu.Actors.Objects;

/// <summary>The accesses on an IOAS: what they pin, read and write, and how an unmap has them let go.</summary>
internal sealed partial class IoasActor
{
    private readonly List<IActorRef> _accesses = [];
    private readonly Dictionary<long, (HashSet<IActorRef> Asked, Action Then)> _rounds = [];
    private long _lastRound;

    private bool OnAccessMessage(object message)
    {
        switch (message)
        {
            case JoinAccess join:
                Join(join);
                return true;
            case AccessLeft left:
                _accesses.Remove(left.Access);
                _pagetable.RemoveAccess(left.Access);
                foreach (var round in _rounds.Keys.ToList()) OnAsked(round, left.Access);
                _lifetime.Release(Release.Dependant);
                return true;
            case RestoreAccess restore:
                var errno = _pagetable.AddAccess(restore.Access, restore.Pins);
                if (errno == Errno.None) _accesses.Add(restore.Access);
                Sender.Tell(new AccessRestored(errno, restore.Id));
                return true;
            case UseAccess use:
                Sender.Tell(new AccessUsed(use, Use(use.Call)));
                return true;
            case AccessAsked asked:
                OnAsked(asked.Round, Sender);
                return true;
            default:
                return false;
        }
    }

    private void Join(JoinAccess join)
    {
        var access = join.Access.Actor;
        if (!_lifetime.Admit(Sender))
        {
            access.Tell(new AccessJoined(null), Sender);
            return;
        }
        var caller = Sender;
        var errno = _pagetable.AddAccess(access, join.Pins);
        if (errno != Errno.None)
        {
            access.Tell(new AccessJoined(null), caller);
            End(caller, errno);
            return;
        }
        _accesses.Add(access);
        // The context's stream is another one: it must not be durable there before the unmap that made it possible is here.
        var self = _environment.Table.Find(_lifetime.Id)!;
        DeferAsync(self, _ =>
        {
            if (!join.First) access.Tell(new AccessJoined(self), caller);
            else _environment.Context.Tell(new Journal([new AccessAttached(join.Access.Id, _lifetime.Id)], Answer.Success,
                (Self, Release.CallOnly), (access, new AccessMoved(self))), caller);
        });
    }

    private Answer Use(Call call)
    {
        switch (call)
        {
            case AccessPin pin:
                var pinned = _pagetable.PinForAccess(pin.Iova, pin.LengthBytes, pin.Write, lockArea: false);
                return pinned.Failed ? pinned.Errno : new PagesAnswer(Errno.None, pinned.Value!);
            case AccessUnpin unpin:
                return _pagetable.UnpinForAccess(unpin.Iova, unpin.LengthBytes, lockArea: false);
            case AccessRead read:
                var bytes = _pagetable.Read(read.Iova, read.LengthBytes);
                return bytes.Failed ? bytes.Errno : new BytesAnswer(Errno.None, bytes.Value);
            case AccessWrite write:
                return _pagetable.Write(write.Iova, write.Bytes);
            default:
                return Errno.ENOTTY;
        }
    }

    /// <summary>Asks every access to let go of an area, and goes on when all have answered (iommufd_access_notify_unmap).</summary>
    private void AskAccesses(IoArea area, Action then)
    {
        if (_accesses.Count == 0)
        {
            then();
            return;
        }
        var round = ++_lastRound;
        _rounds[round] = ([.. _accesses], then);
        foreach (var access in _accesses) access.Tell(new AskAccess(round, area.Iova, area.LengthBytes), Self);
    }

    private void OnAsked(long round, IActorRef access)
    {
        if (!_rounds.TryGetValue(round, out var waiting) || !waiting.Asked.Remove(access) || waiting.Asked.Count > 0) return;
        _rounds.Remove(round);
        waiting.Then();
    }
}
