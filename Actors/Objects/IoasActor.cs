using Akka.Actor;
using Akka.Persistence;
using Iommu.Actors.Core.Ioas;
using Iommu.Actors.Hardware;
using Iommu.Actors.Journals;
using Iommu.Messages;
using Iommu.Persistence.Mappings;
using Iommu.Persistence.Streams;

namespace Iommu.Actors.Objects;

/// <summary>
/// An IOAS: its areas, journaled in a stream of their own, and the domains that hold them. While an unmap waits for hardware to forget,
/// or for an access to let go, other calls go on; domains come and go when no area is in transition.
/// </summary>
internal sealed partial class IoasActor
{
    private readonly ObjectEnvironment _environment;
    private readonly Lifetime _lifetime;
    private readonly IoPagetable _pagetable;

    public IoasActor(ObjectEnvironment environment, ObjectId id, string stream, int users, Recovery recovery)
    {
        Recovery = recovery;
        _environment = environment;
        PersistenceId = stream;
        _order = new StreamOrder(stream, StreamKind.Ioas);
        var self = Self;
        _pagetable = new IoPagetable(environment.Failures, (pages, done) => self.Tell(new PagesTakenAway(pages, done)));
        _lifetime = new Lifetime(environment, Self, id, ObjectType.Ioas, users, Undo);
        RecoverAny(OnReplayed);
        CommandAny(OnCommandAny);
    }

    public override string PersistenceId { get; }

    public override Recovery Recovery { get; }

    /// <summary>One that is new: nothing has been written to its stream, and only that is asked of the journal.</summary>
    public static Props New(ObjectEnvironment environment, ObjectId id, string stream, int users) =>
        Props.Create(() => new IoasActor(environment, id, stream, users, Recovery.None));

    /// <summary>One that an earlier incarnation of its context had.</summary>
    public static Props Restored(ObjectEnvironment environment, ObjectId id, string stream, int users) =>
        Props.Create(() => new IoasActor(environment, id, stream, users, Recovery.Default));

    private void OnCommandAny(object message)
    {
        if (MustWait(message)) Stash.Stash();
        else if (!(OnCall(message) || OnDomainMessage(message) || OnAccessMessage(message) || OnObjectMessage(message)))
            Unhandled(message);
    }

    /// <summary>What a process, or an actor, asks of the object: it is in flight until it is answered.</summary>
    private bool OnCall(object message)
    {
        if (message is not (Call or FromProcess or MapCopied) || message is Destroy) return false;
        if (!_lifetime.Admit(Sender, message is VfioCall or FromProcess { Call: VfioCall } ? Errno.ENODEV : Errno.ENOENT))
        {
            (message as MapCopied)?.LetGo();
            return true;
        }
        switch (message)
        {
            case FromProcess { Call: IoasMap call, Process: var process }:
                Map(call, process);
                break;
            case FromProcess { Call: IoasMapFile call, Process: var process }:
                MapFile(call, process);
                break;
            case IoasCopy call:
                Copy(call);
                break;
            case MapCopied copied:
                Map(copied);
                break;
            case IoasUnmap call:
                Unmap(call);
                break;
            case FromProcess { Call: VfioMapDma call, Process: var process }:
                Map(call, process);
                break;
            case VfioUnmapDma call:
                Unmap(call);
                break;
            default:
                return OnSetting(message);
        }
        return true;
    }

    private bool OnDomainMessage(object message)
    {
        switch (message)
        {
            case Acquire acquire:
                if (_lifetime.Admit(Sender, acquire.WhenGone)) Allocate(acquire);
                return true;
            case ReserveRegions reserve:
                Reserve(reserve);
                return true;
            case UnreserveRegions unreserve:
                _pagetable.Unreserve(unreserve.Reservation);
                return true;
            case TryNextDomain next:
                TryNext(next);
                return true;
            case AttachOver:
                EndAttach();
                return true;
            case Adopted adopted:
                OnAdopted(adopted);
                return true;
            case Abort abort:
                OnAborted((HwptPagingBlueprint)abort.Blueprint, abort.Errno);
                return true;
            case WithdrawDomain withdraw:
                Withdraw(withdraw);
                return true;
            case DomainEnded ended:
                OnDomainEnded(ended);
                return true;
            case AreaRequest request:
                Serve(request);
                return true;
            case RestoreDomain restore:
                Restore(restore);
                return true;
            case PagesTakenAway taken:
                TakeAway(taken);
                return true;
            case Freeze:
                FreezeAreas();
                return true;
            case Thaw:
                ThawAreas();
                return true;
            default:
                return false;
        }
    }

    private bool OnObjectMessage(object message)
    {
        switch (message)
        {
            case Release release:
                _lifetime.Release(release);
                return true;
            case BatchDone done:
                _lifetime.OnDone(done);
                return true;
            case Destroy:
                _lifetime.Destroy(Sender);
                return true;
            case Inspect inspect:
                _lifetime.Inspect(inspect, Sender, _pagetable);
                return true;
            default:
                return OnJournalMessage(message);
        }
    }

    private void Undo()
    {
        _pagetable.Clear();
        _lifetime.Retire();
    }
}
