using Akka.Actor;
using Iommu.Actors.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Persistence.Events;

namespace Iommu.Actors.Objects;

/// <summary>
/// A device bound to the context. It is attached to one HWPT at a time and has at most one vDEVICE; unbinding undoes both, whatever
/// else is going on. The owner's open file holds one of its <c>users</c>.
/// </summary>
internal sealed partial class DeviceActor(
    ObjectEnvironment environment, ObjectId id, PhysicalDevice device, ObjectEntry? attached, int users)
    : ObjectActor(environment, id, ObjectType.Device, users), IWithUnboundedStash
{
    private ObjectEntry? _attached = attached;
    private VdeviceState _vdeviceState = VdeviceState.None;
    private IActorRef? _vdevice;
    private bool _moving;
    private Action? _departed;

    private enum VdeviceState
    {
        None,
        BeingMade,
        Linked,
    }

    public IStash Stash { get; set; } = null!;

    public static Props Props(
        ObjectEnvironment environment, ObjectId id, PhysicalDevice device, ObjectEntry? attached, int users) =>
        Akka.Actor.Props.Create(() => new DeviceActor(environment, id, device, attached, users));

    protected override void OnReceive(object message)
    {
        // Whether it has a vDEVICE is known when the one that is being made has come to something: the group's lock is held so long.
        if (message is Acquire { Call: VdeviceAlloc } && _vdeviceState == VdeviceState.BeingMade) Stash.Stash();
        else base.OnReceive(message);
    }

    protected override void OnAcquired(Acquire acquire)
    {
        var call = (VdeviceAlloc)acquire.Call;
        var viommu = acquire.Other!;
        if (((IViommuDriver)viommu.Hardware!).Iommu != device.Iommu) EndCall(Errno.EINVAL);
        else if (_vdeviceState != VdeviceState.None) EndCall(Errno.EEXIST);
        else
        {
            _vdeviceState = VdeviceState.BeingMade;
            viommu.Actor.Forward(new LinkVdevice(call, Environment.Table.Find(Lifetime.Id)!));
        }
    }

    protected override void OnOther(object message)
    {
        switch (message)
        {
            case AttachTo or DeviceDetach or DeviceUnbind when _moving:
                Stash.Stash();
                break;
            case AttachTo attach:
                Attach(attach);
                break;
            case DeviceDetach:
                if (Lifetime.Admit(Sender)) Detach(Sender, Lifetime.Release);
                break;
            case DeviceUnbind:
                Unbind();
                break;
            case Answer when _departed is { } departed:
                _moving = false;
                _departed = null;
                departed();
                Stash.UnstashAll();
                break;
            case VdeviceLinked linked:
                _vdeviceState = VdeviceState.Linked;
                _vdevice = linked.Vdevice;
                if (Lifetime.Leaving) _vdevice.Tell(Tombstone.Instance);
                Stash.UnstashAll();
                break;
            case VdeviceRestored restored:
                _vdeviceState = VdeviceState.Linked;
                _vdevice = restored.Vdevice;
                Lifetime.HoldWait();
                break;
            case VdeviceUnlinked:
                _vdeviceState = VdeviceState.None;
                _vdevice = null;
                Lifetime.Release(Release.Call);
                Stash.UnstashAll();
                break;
            case GetHwInfo:
                var info = device.Iommu.HwInfo(device, HwInfoType.None).Value!;
                Sender.Tell(new HwInfoAnswer(Errno.None, info.Type, info.Data));
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    protected override void Undo() => Lifetime.Retire();

    /// <summary>Nobody new gets in; the device is blocked; its vDEVICE becomes a tombstone; the last one out ends it.</summary>
    private void Unbind()
    {
        if (Lifetime.Leaving)
        {
            Sender.Tell((Answer)Errno.ENOENT);
            return;
        }
        // Its own wait keeps the object until the device is blocked; the other reference dropped is the open file's.
        Lifetime.HoldWait();
        Lifetime.LeaveAndWait(Sender);
        Lifetime.Release(Release.Dependant);
        Detach(ActorRefs.Nobody, _ =>
        {
            if (_vdevice is { } linked) linked.Tell(Tombstone.Instance);
            Lifetime.Release(Release.CallOnly);
        });
    }
}
