using Akka.Actor;
using Akka.Persistence;
using Iommu.Actors.Core;
using Iommu.Actors.Core.Ioas;
using Iommu.Actors.Objects;
using Iommu.Actors.Selftest;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Persistence;
using Iommu.Persistence.Events;
using Iommu.Persistence.Graph;
using Iommu.Persistence.Serialization;

namespace Iommu.Actors.Contexts;

/// <summary>
/// One open of /dev/iommu. It owns the ids and the journal of the object graph, and is on the path of creating and destroying, not
/// of invalidating or mapping. Objects are its children.
/// </summary>
internal sealed partial class ContextActor : ReceivePersistentActor
{
    private readonly ContextSettings _settings;
    private readonly ObjectEnvironment _environment;
    private readonly IdTable _ids = new();
    private readonly ObjectGraph _graph = new();
    private readonly Dictionary<ObjectId, IActorRef> _objects = [];
    private readonly SnapshotPace _snapshots = new();
    private long _incarnations;

    public ContextActor(ContextSettings settings)
    {
        _settings = settings;
        PersistenceId = StreamNames.Context(settings.Name);
        _environment = new ObjectEnvironment(settings.Name, Self, settings.Table, settings.Machine, settings.Process,
            settings.Queues, settings.Owners, settings.Failures, new ContextPages());

        Recover<GraphEvent>(_graph.Apply);
        Recover<SnapshotOffer>(offer =>
        {
            foreach (var happened in ((EventList)offer.Snapshot).Events) _graph.Apply((GraphEvent)happened);
        });
        Recover<RecoveryCompleted>(_ => RestoreWhole());
        CommandAny(OnCommandAny);
    }

    public override string PersistenceId { get; }

    public static Props Props(ContextSettings settings) => Akka.Actor.Props.Create(() => new ContextActor(settings));

    /// <summary>A broken invariant is a finding to report, and the run goes on to be looked at; anything else ends the context.</summary>
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(cause =>
    {
        if (cause is InvariantViolation violation)
        {
            Context.System.EventStream.Publish(violation);
            return Directive.Resume;
        }
        return Directive.Escalate;
    });

    protected override void PostStop()
    {
        _settings.Owners.DisclaimAll(_settings.Name);
        base.PostStop();
    }

    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        Sender.Tell((Answer)Errno.EIO);
        Context.Parent.Tell(new ContextLost(_settings.Name, cause));
        base.OnPersistFailure(cause, @event, sequenceNr);
    }

    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        Sender.Tell((Answer)Errno.EIO);
        throw new JournalException($"{PersistenceId}: the journal refused an event", cause);
    }

    protected override void OnRecoveryFailure(Exception reason, object? message = null)
    {
        Context.Parent.Tell(new ContextLost(_settings.Name, reason));
        base.OnRecoveryFailure(reason, message!);
    }

    private void OnCommandAny(object message)
    {
        switch (message)
        {
            case IoasAlloc or Close or FromProcess when _change is not null:
                Stash.Stash();
                break;
            case Adopt adopt:
                Adopt(adopt.Blueprint);
                break;
            case Retire retire:
                Retire(retire);
                break;
            case Journal journal:
                Persist(journal, Sender);
                break;
            case Settle settle:
                Settle(settle.Answer);
                break;
            case IoasAlloc:
                AllocIoas();
                break;
            case CreateAccess create:
                CreateAccess(create);
                break;
            case Option option:
                RlimitMode(option);
                break;
            case FromProcess { Call: IoasChangeProcess, Process: var process }:
                ChangeProcess(process);
                break;
            case Frozen frozen:
                OnFrozen(frozen);
                break;
            case VfioIoas or VfioAttachGroup:
                OnVfio(message);
                break;
            case DeviceBind bind:
                Bind(bind.Name);
                break;
            case MockDomain call:
                BuildSelftest(call);
                break;
            case BindOwned bind:
                Bind(bind.Owned.Device.Name, bind.Owned);
                break;
            case GiveUp given:
                OnGivenUp(given);
                break;
            case AwaitReady:
                Sender.Tell(Answer.Success);
                break;
            case Close:
                BeginClose();
                break;
            case Answer answer:
                OnCloseAnswered(answer);
                break;
            case JournalLost lost:
                throw Without(lost);
            case InspectContext inspect:
                Sender.Tell(inspect.Look(new ContextInspection(_graph, _ids.Taken, _objects)));
                break;
            case SaveSnapshotSuccess or SaveSnapshotFailure:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private JournalException Without(JournalLost lost) =>
        new($"context {_settings.Name}: object {lost.Id} has lost its journal: {lost.Cause.GetBaseException().Message}", lost.Cause);

    private void AllocIoas()
    {
        if (_closing is not null || _environment.Failures.ShouldFail("reserve id"))
        {
            Sender.Tell((Answer)(_closing is null ? Errno.ENOMEM : Errno.ENODEV));
            return;
        }
        var id = _ids.Reserve();
        var stream = StreamNames.Ioas(_settings.Name, id, LastSequenceNr);
        Create(new IoasAllocated(id, stream), null, Sender, users => IoasActor.Props(_environment, id, stream, users));
    }

    private void CreateAccess(CreateAccess create)
    {
        if (_closing is not null || _environment.Failures.ShouldFail("reserve id"))
        {
            Sender.Tell((Answer)(_closing is null ? Errno.ENOMEM : Errno.ENODEV));
            return;
        }
        var id = _ids.Reserve();
        var pins = create.Call.PinsPages;
        Create(new AccessCreated(id, pins), null, Sender,
            users => AccessActor.Props(_environment, id, pins, create.Owner, attached: null, users));
    }

    private void Bind(string name, OwnedDevice? owned = null)
    {
        var device = _settings.Machine.Find(name);
        var errno = device is null || _closing is not null ? Errno.ENODEV
            : _environment.Failures.ShouldFail("reserve id") ? Errno.ENOMEM
            : !_settings.Owners.TryClaim(device, _settings.Name) ? Errno.EBUSY : Errno.None;
        if (errno != Errno.None)
        {
            Sender.Tell((Answer)errno);
            return;
        }
        var id = _ids.Reserve();
        Create(new DeviceBound(id, name, owned?.Id ?? ObjectId.None, (uint)(owned?.Flags ?? 0)), device, Sender,
            users => DeviceActor.Props(_environment, id, device!, users));
    }
}
