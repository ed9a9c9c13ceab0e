using Akka.Actor;
using Iommu.Hardware.Drivers;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>
/// A vDEVICE: a device as a guest's IOMMU knows it. It holds a reference on its vIOMMU, and both counts of its device, which it
/// lets go when it is destroyed or when the device is unbound, whichever comes first (B09).
/// </summary>
internal sealed class VdeviceActor(
    ObjectEnvironment environment, ObjectId id, IViommuDriver driver, ulong virtualId, IActorRef viommu, IActorRef device, int users)
    : ObjectActor(environment, id, ObjectType.Vdevice, users)
{
    private bool _tombstone;

    // From here and not from the vIOMMU: what this actor sends when it goes must not overtake it.
    protected override void PreStart() => device.Tell(new VdeviceLinked(Self));

    protected override void OnAcquired(Acquire acquire) => EndCall(Errno.EINVAL);

    protected override void OnOther(object message)
    {
        if (message is not Tombstone)
        {
            Unhandled(message);
            return;
        }
        // Lost to a DESTROY: then that one unlinks the device.
        if (!Lifetime.LeaveAndWait(ActorRefs.Nobody)) return;
        _tombstone = true;
        Lifetime.UndoWhenDrained();
    }

    protected override void Undo()
    {
        driver.RemoveVdevice(virtualId);
        Lifetime.Retire(_tombstone, (viommu, Release.Dependant), (device, VdeviceUnlinked.Instance));
    }
}
