using Akka.Actor;
using Akka.Persistence;
using Iommu.Actors.Core;
using Iommu.Actors.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Persistence;
using Iommu.Persistence.Events;
using Iommu.Persistence.Mappings;
using Iommu.Persistence.Serialization;

namespace Iommu.Actors.Objects;

/// <summary>
/// An IOAS: its areas, journaled in a stream of their own, and the domains that hold them. While an unmap waits for the hardware
/// to forget, other calls on this IOAS wait; other IOASes go on.
/// </summary>
internal sealed partial class IoasActor : ReceivePersistentActor
{
    private readonly ObjectEnvironment _environment;
    private readonly Lifetime _lifetime;
    private readonly IoPagetable _pagetable;
    private readonly SnapshotPace _snapshots = new();
    private int _unjournaled;
    private bool _snapshotDue;
    private bool _flushing;

    public IoasActor(ObjectEnvironment environment, ObjectId id, string stream, int users)
    {
        _environment = environment;
        PersistenceId = stream;
        _pagetable = new IoPagetable(environment.Process.Memory);
        _lifetime = new Lifetime(environment, Self, id, ObjectType.Ioas, users, () => _lifetime!.Retire());

        Recover<MappingEvent>(_pagetable.Recover);
        Recover<SnapshotOffer>(offer =>
        {
            foreach (var happened in ((EventList)offer.Snapshot).Events) _pagetable.Recover((MappingEvent)happened);
        });
        CommandAny(OnCommandAny);
    }

    public override string PersistenceId { get; }

    public static Props Props(ObjectEnvironment environment, ObjectId id, string stream, int users) =>
        Akka.Actor.Props.Create(() => new IoasActor(environment, id, stream, users));

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        Sender.Tell((Answer)Errno.EIO);
        _environment.Context.Tell(new JournalLost(_lifetime.Id, cause));
        base.OnPersistFailure(cause, @event, sequenceNr);
    }

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        Sender.Tell((Answer)Errno.EIO);
        throw new JournalException($"{PersistenceId}: the journal refused an event", cause);
    }

    protected override void OnRecoveryFailure(Exception reason, object? message = null)
    {
        _environment.Context.Tell(new JournalLost(_lifetime.Id, reason));
        base.OnRecoveryFailure(reason, message!);
    }

    private void OnCommandAny(object message)
    {
        switch (message)
        {
            case IoasMap or IoasUnmap or Acquire or TryNextDomain or ReserveRegions or WithdrawDomain or Abort or RestoreDomain
                when _flushing:
            case IoasMap or IoasUnmap when _snapshotDue:
                Stash.Stash();
                break;
            case IoasMap call:
                if (_lifetime.Admit(Sender)) Map(call);
                break;
            case IoasUnmap call:
                if (_lifetime.Admit(Sender)) Unmap(call);
                break;
            case Acquire acquire:
                if (_lifetime.Admit(Sender)) Allocate(acquire);
                break;
            case ReserveRegions reserve:
                Reserve(reserve);
                break;
            case UnreserveRegions unreserve:
                _pagetable.Unreserve(unreserve.Device);
                break;
            case TryNextDomain next:
                TryNext(next);
                break;
            case Adopted adopted:
                OnAdopted(adopted);
                break;
            case Abort abort:
                OnAborted((HwptPagingBlueprint)abort.Blueprint, abort.Errno);
                break;
            case WithdrawDomain withdraw:
                Withdraw(withdraw);
                break;
            case RestoreDomain restore:
                Restore(restore);
                break;
            case Release release:
                _lifetime.Release(release);
                break;
            case BatchDone done:
                _lifetime.OnDone(done);
                break;
            case Destroy:
                _lifetime.Destroy(Sender);
                break;
            case Inspect inspect:
                _lifetime.Inspect(inspect, Sender, _pagetable);
                break;
            case SaveSnapshotSuccess or SaveSnapshotFailure:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Map(IoasMap call)
    {
        var caller = Sender;
        var mapping = _environment.Failures.ShouldFail("map") ? new Mapping(Errno.ENOMEM, null, []) : _pagetable.Map(call);
        if (mapping.Mapped is { } mapped)
        {
            _unjournaled++;
            PersistThenEnd(mapped, caller, new Answer(Errno.None, mapped.Iova));
        }
        else if (mapping.Undone.Count == 0) End(caller, mapping.Errno);
        else FlushAndUnpin(mapping.Undone, () => End(caller, mapping.Errno));
    }

    /// <summary>Out of the tables, out of every cache, and only then unpinned, journaled, answered.</summary>
    private void Unmap(IoasUnmap call)
    {
        var caller = Sender;
        var unmapping = _pagetable.Unmap(call);
        if (unmapping.Areas.Count == 0)
        {
            End(caller, unmapping.Errno);
            return;
        }
        _unjournaled++;
        FlushAndUnpin(unmapping.Areas, () =>
        {
            var first = unmapping.Areas[0];
            var happened = new AreasUnmapped(first.Iova, unmapping.Areas[^1].Last - first.Iova + 1);
            PersistThenEnd(happened, caller,
                new Answer(unmapping.Errno, unmapping.Errno == Errno.None ? unmapping.LengthBytes : 0));
        });
    }

    private void FlushAndUnpin(IReadOnlyList<Area> areas, Action done)
    {
        _flushing = true;
        _lifetime.Run(_pagetable.Flush(areas), () =>
        {
            _flushing = false;
            _pagetable.Unpin(areas);
            done();
            Stash.UnstashAll();
        });
    }

    private void PersistThenEnd(MappingEvent happened, IActorRef caller, Answer answer) => PersistAsync(happened, _ =>
    {
        _unjournaled--;
        _lifetime.Release(Release.Call);
        caller.Tell(answer);
        if (_snapshots.Due(_pagetable.Areas.Count)) _snapshotDue = true;
        if (_snapshotDue && _unjournaled == 0) TakeSnapshot();
    });

    /// <summary>
    /// The areas run ahead of the journal, and a snapshot stands for exactly the events before it: those that come after are
    /// replayed on it. So it is taken between two calls.
    /// </summary>
    private void TakeSnapshot()
    {
        SaveSnapshot(new EventList([.. _pagetable.Areas.Select(Mapped)]));
        _snapshotDue = false;
        Stash.UnstashAll();
    }

    /// <summary>Ends a call that changes nothing. What it found may be another call's work: that is durable first.</summary>
    private void End(IActorRef caller, Errno errno) => DeferAsync((Answer)errno, answer =>
    {
        _lifetime.Release(Release.Call);
        caller.Tell(answer);
    });

    private static AreaMapped Mapped(Area area) => new(area.Iova, area.LengthBytes, area.UserAddress, area.Access);
}
