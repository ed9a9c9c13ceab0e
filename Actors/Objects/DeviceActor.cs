using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Hardware.Drivers;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>
/// A device bound to the context. What it is attached to is its group's; it has at most one vDEVICE, which its unbinding undoes,
/// whatever else is going on. The owner's open file holds one of its <c>users</c>.
/// </summary>
internal sealed class DeviceActor(ObjectEnvironment environment, ObjectId id, PhysicalDevice device, int users)
    : ObjectActor(environment, id, ObjectType.Device, users), IWithUnboundedStash
{
    private VdeviceState _vdeviceState = VdeviceState.None;
    private IActorRef? _vdevice;

    private enum VdeviceState
    {
        None,
        BeingMade,
        Linked,
    }

    public IStash Stash { get; set; } = null!;

    public static Props Props(ObjectEnvironment environment, ObjectId id, PhysicalDevice device, int users) =>
        Akka.Actor.Props.Create(() => new DeviceActor(environment, id, device, users));

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
        var errno = CallRules.Vdevice((IViommuDriver)viommu.Hardware!, device, hasVdevice: _vdeviceState != VdeviceState.None);
        if (errno != Errno.None) EndCall(errno);
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
            case DeviceUnbind:
                Unbind();
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
            case GetHwInfo call:
                Sender.Tell(Lifetime.Leaving ? (Answer)Errno.ENOENT : DeviceRules.HwInfo(call, device));
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    protected override void Undo() => Lifetime.Retire();

    /// <summary>
    /// From the group, which has detached the device: nobody new gets in; its vDEVICE becomes a tombstone; the last one out ends it.
    /// </summary>
    private void Unbind()
    {
        Lifetime.LeaveAndWait(Sender);
        if (_vdevice is { } linked) linked.Tell(Tombstone.Instance);
        // The open file's reference.
        Lifetime.Release(Release.Dependant);
    }
}
