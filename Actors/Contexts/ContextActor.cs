using Akka.Actor;
using Akka.Persistence;
using Iommu.Actors.Core;
using Iommu.Actors.Core.Ioas;
using Iommu.Actors.Hardware;
using Iommu.Actors.Journals;
using Iommu.Actors.Objects;
using Iommu.Actors.Selftest;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Persistence;
using Iommu.Persistence.Events;
using Iommu.Persistence.Graph;
using Iommu.Persistence.Streams;

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
    private readonly StreamOrder _order;
    private long _incarnations;

    public ContextActor(ContextSettings settings)
    {
        _settings = settings;
        PersistenceId = StreamNames.Context(settings.Name);
        _environment = new ObjectEnvironment(settings.Name, Self, settings.Table, settings.Machine, settings.Process,
            settings.Queues, settings.Owners, settings.Failures, settings.Belongings.Pages, settings.Belongings.Hardware);

        _order = new StreamOrder(PersistenceId, StreamKind.Context);
        RecoverAny(OnReplayed);
        CommandAny(OnCommandAny);
    }

    public override string PersistenceId { get; }

    public static Props Props(ContextSettings settings) => Akka.Actor.Props.Create(() => new ContextActor(settings));

    private void OnCommandAny(object message)
    {
        if (message is IoasAlloc or Close or FromProcess && _change is not null) Stash.Stash();
        else if (!OnObjectMessage(message) && !OnCall(message) && !OnOwnMessage(message)) Unhandled(message);
    }

    /// <summary>What objects have done, and the journal is to say.</summary>
    private bool OnObjectMessage(object message)
    {
        switch (message)
        {
            case BatchDone done:
                _clearing?.OnDone(done);
                return true;
            case Adopt adopt:
                Adopt(adopt.Blueprint);
                return true;
            case Retire retire:
                Retire(retire);
                return true;
            case Journal journal:
                Persist(journal, Sender);
                return true;
            case Settle settle:
                Settle(settle.Answer);
                return true;
            case Frozen frozen:
                OnFrozen(frozen);
                return true;
            case BindOwned bind:
                Bind(bind.Owned.Device.Name, bind.Owned);
                return true;
            case GiveUp given:
                OnGivenUp(given);
                return true;
            case JournalLost lost:
                throw Without(lost);
            default:
                return false;
        }
    }

    /// <summary>What a process asks of no object that is there already.</summary>
    private bool OnCall(object message)
    {
        switch (message)
        {
            case IoasAlloc:
                AllocIoas();
                return true;
            case CreateAccess create:
                CreateAccess(create);
                return true;
            case Option option:
                RlimitMode(option);
                return true;
            case FromProcess { Call: IoasChangeProcess, Process: var process }:
                ChangeProcess(process);
                return true;
            case VfioIoas or VfioAttachGroup:
                OnVfio(message);
                return true;
            case FaultQueueAlloc:
                AllocFaultQueue();
                return true;
            case DeviceBind bind:
                Bind(bind.Name);
                return true;
            case MockDomain call:
                BuildSelftest(call);
                return true;
            case FromProcess { Call: SelftestCall call, Process: var process }:
                OnSelftest(call, process);
                return true;
            case Close:
                BeginClose();
                return true;
            default:
                return false;
        }
    }

    private bool OnOwnMessage(object message)
    {
        switch (message)
        {
            case Adopted { Blueprint: FaultQueueBlueprint }:
                return true;
            case Abort { Blueprint: FaultQueueBlueprint } abort:
                Sender.Tell((Answer)abort.Errno);
                return true;
            case AwaitReady:
                _isServing = true;
                Sender.Tell(Answer.Success);
                return true;
            case Answer answer:
                OnCloseAnswered(answer);
                return true;
            case InspectContext inspect:
                Sender.Tell(inspect.Look(new ContextInspection(_graph, _ids.Taken, _objects)));
                return true;
            default:
                return message is SaveSnapshotSuccess or SaveSnapshotFailure;
        }
    }

    private void AllocIoas()
    {
        if (_closing is not null || _environment.Failures.ShouldFail("reserve id"))
        {
            Sender.Tell((Answer)(_closing is null ? Errno.ENOMEM : Errno.ENODEV));
            return;
        }
        var id = _ids.Reserve();
        var stream = StreamNames.Ioas(_settings.Name, id, LastSequenceNr);
        Create(new IoasAllocated(id, stream), null, Sender, users => IoasActor.New(_environment, id, stream, users));
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
            : DeviceRules.Bind(device, _settings.Machine, _settings.AllowUnsafeInterrupts);
        if (errno == Errno.None && !_settings.Owners.TryClaim(device!, _settings.Name)) errno = Errno.EBUSY;
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
