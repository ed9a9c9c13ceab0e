using Akka.Actor;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>What the owner is asked to let go of. One that has stopped has let go of everything.</summary>
internal sealed partial class AccessActor
{
    private readonly List<(UnmapNotice Notice, Action Noticed)> _asked = [];

    /// <summary>One area is about to go. An access that is leaving is not asked: it lets go of all.</summary>
    private void OnAsked(AskAccess ask)
    {
        var ioas = Sender;
        if (Lifetime.Leaving)
        {
            ioas.Tell(new AccessAsked(ask.Round));
            return;
        }
        Lifetime.Admit(ActorRefs.Nobody);
        Ask(new UnmapNotice(Lifetime.Id, ask.Iova, ask.LengthBytes), () =>
        {
            Lifetime.Release(Release.Call);
            ioas.Tell(new AccessAsked(ask.Round));
        });
    }

    private void Ask(UnmapNotice notice, Action noticed)
    {
        if (!_hasOwner)
        {
            noticed();
            return;
        }
        _asked.Add((notice, noticed));
        _owner.Tell(notice);
    }

    private void OnNoticed(UnmapNotice notice)
    {
        var index = _asked.FindIndex(asked => asked.Notice == notice);
        if (index < 0) return;
        var noticed = _asked[index].Noticed;
        _asked.RemoveAt(index);
        noticed();
    }

    private Errno BeOwnedBy(IActorRef sender)
    {
        if (_hasOwner || Lifetime.Leaving) return _hasOwner ? Errno.EBUSY : Errno.ENOENT;
        (_owner, _hasOwner) = (sender, true);
        Context.Watch(sender);
        return Errno.None;
    }

    private void OnOwnerGone()
    {
        _hasOwner = false;
        var asked = _asked.ToList();
        _asked.Clear();
        foreach (var (_, noticed) in asked) noticed();
    }
}
