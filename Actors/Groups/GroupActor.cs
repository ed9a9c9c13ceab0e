using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Actors.Hardware;
using Iommu.Actors.Objects;
using Iommu.Hardware.Drivers;
using Iommu.Messages;

namespace Iommu.Actors.Groups;

/// <summary>
/// An IOMMU group of the context, from the bind of its first device to the end of its last (struct iommufd_group). It owns what the
/// group's devices are attached to and moves them in hardware, one move at a time: another call on the group waits for its end.
/// </summary>
internal sealed partial class GroupActor(ObjectEnvironment environment, IommuGroup group) : UntypedActor, IWithUnboundedStash
{
    private readonly PlanRunner _plans = new(environment.Queues, Context.Self);
    private readonly GroupAttachments _table = new();
    private readonly Dictionary<uint, Attachment> _attachments = [];
    private readonly HashSet<IActorRef> _leaving = [];
    private bool _busy;
    private Action<object>? _awaited;

    public IStash Stash { get; set; } = null!;

    public static Props Props(ObjectEnvironment environment, IommuGroup group) =>
        Akka.Actor.Props.Create(() => new GroupActor(environment, group));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case BatchDone done:
                _plans.OnDone(done);
                break;
            case AttachTo or NoDomain or DeviceDetach or DeviceUnbind or RestoreAttachment or ResetBegins or ResetEnds when _busy:
                Stash.Stash();
                break;
            case AttachTo attach:
                Attach(attach);
                break;
            case NoDomain none:
                Sender.Tell((Answer)WithoutDomain(none));
                break;
            case RestoreAttachment restore:
                Restore(restore);
                break;
            case DeviceDetach detach:
                Detach(detach);
                break;
            case DeviceUnbind unbind:
                Unbind(unbind);
                break;
            case ReportFault report:
                OnFault(report);
                ReportFault.Answer(Sender, Context);
                break;
            case ResetBegins begin:
                BeginReset(begin.Device);
                break;
            case ResetEnds end:
                EndReset(end.Device);
                break;
            case DeviceGone gone:
                _leaving.Remove(gone.Device);
                break;
            case Answer or RegionsReserved or AutoResponded when _awaited is { } awaited:
                awaited(message);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    /// <summary>The device that an id names; null when it is none of this group's, or on its way out.</summary>
    private ObjectEntry? Find(ObjectId id) =>
        environment.Table.Find(id, ObjectType.Device) is { } entry && Self.Equals(entry.Group) && !_leaving.Contains(entry.Actor)
            ? entry : null;

    private void Begin() => _busy = true;

    private void End()
    {
        _busy = false;
        Stash.UnstashAll();
    }

    /// <summary>The next message that the move under way waits for.</summary>
    private void Await<T>(Action<T> then) => _awaited = message =>
    {
        _awaited = null;
        then((T)message);
    };
}
