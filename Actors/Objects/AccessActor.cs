using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Actors.Selftest;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>
/// An access: how a driver reaches the memory of an IOAS without DMA. What it asks of the IOAS goes through here, and so does what its
/// owner is told, so that it learns of each pin before it is asked to give it up. The owner holds one of its <c>users</c>.
/// </summary>
internal sealed partial class AccessActor(
    ObjectEnvironment environment, ObjectId id, bool pins, IActorRef owner, ObjectEntry? attached, int users)
    : ObjectActor(environment, id, ObjectType.Access, users), IWithUnboundedStash
{
    private IActorRef _owner = owner;
    private bool _hasOwner = !owner.IsNobody();
    private int _uses;
    private Action? _whenUnused;

    public IStash Stash { get; set; } = null!;

    /// <param name="environment">The context's.</param>
    /// <param name="id">Its id.</param>
    /// <param name="pins">Whether it may pin.</param>
    /// <param name="owner">Who is told before what it pinned is unmapped; nobody when there is none.</param>
    /// <param name="attached">In recovery, the IOAS that it is on; null for none.</param>
    /// <param name="users">What <c>users</c> starts from.</param>
    public static Props Props(
        ObjectEnvironment environment, ObjectId id, bool pins, IActorRef owner, ObjectEntry? attached, int users) =>
        Akka.Actor.Props.Create(() => new AccessActor(environment, id, pins, owner, attached, users));

    protected override void PreStart()
    {
        if (_hasOwner) Context.Watch(_owner);
    }

    protected override void OnAcquired(Acquire acquire) => EndCall(Errno.EINVAL);

    protected override void OnOther(object message)
    {
        switch (message)
        {
            case AccessAttach or AccessReplace or AccessDetach when _moving || _uses > 0:
            case AccessPin or AccessUnpin or AccessRead or AccessWrite when _moving:
                Stash.Stash();
                break;
            case AccessDestroy:
                DestroyForOwner();
                break;
            case AccessUnpin unpin:
                Unpin(unpin);
                break;
            case AccessCall call:
                if (Lifetime.Admit(Sender)) OnCall(call);
                break;
            case AccessUsed used:
                OnUsed(used);
                break;
            case AccessJoined joined:
                OnJoined(joined);
                break;
            case AccessMoved moved:
                OnMoved(moved);
                break;
            case AskAccess ask:
                OnAsked(ask);
                break;
            case UnmapNoticed noticed:
                OnNoticed(noticed.Notice);
                break;
            case OwnAccess:
                Sender.Tell((Answer)BeOwnedBy(Sender));
                break;
            case Terminated:
                OnOwnerGone();
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void OnCall(AccessCall call)
    {
        switch (call)
        {
            case AccessAttach attach:
                Attach(attach);
                break;
            case AccessReplace replace:
                Replace(replace);
                break;
            case AccessDetach:
                Detach();
                break;
            case AccessPin pin:
                Use(call, pin.Iova, pin.LengthBytes, pins);
                break;
            case AccessRead read:
                Use(call, read.Iova, read.LengthBytes, allowed: true);
                break;
            case AccessWrite write:
                Use(call, write.Iova, (ulong)write.Bytes.Length, allowed: true);
                break;
            default:
                EndCall(Errno.ENOTTY);
                break;
        }
    }

    private void Use(Call call, ulong iova, ulong lengthBytes, bool allowed)
    {
        var errno = CallRules.Access(iova, lengthBytes, allowed, attached: _ioas is not null);
        if (errno != Errno.None) EndCall(errno);
        else Use(call, _ioas!);
    }

    /// <summary>Not counted among the calls in flight: the end of the access waits for it in its own way, and asks for it.</summary>
    private void Unpin(AccessUnpin unpin)
    {
        if (_unpins is null) Sender.Tell((Answer)Errno.EINVAL);
        else Use(unpin, _unpins);
    }

    private void Use(Call call, ObjectEntry ioas)
    {
        _uses++;
        ioas.Actor.Tell(new UseAccess(call, Sender), Self);
    }

    private void OnUsed(AccessUsed used)
    {
        _uses--;
        used.Use.Caller.Tell(used.Answer);
        if (used.Use.Call is not AccessUnpin) Lifetime.Release(Release.Call);
        if (_uses > 0) return;
        var then = _whenUnused;
        _whenUnused = null;
        then?.Invoke();
        Stash.UnstashAll();
    }
}
