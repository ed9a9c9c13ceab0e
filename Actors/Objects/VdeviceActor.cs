using Akka.Actor;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>
/// A vDEVICE: a device as a guest's IOMMU knows it. It holds a reference on its vIOMMU, and both counts of its device, which it
/// lets go when it is destroyed or when the device is unbound, whichever comes first (B09).
/// </summary>
internal sealed class VdeviceActor(
    ObjectEnvironment environment, ObjectId id, ulong virtualId, IActorRef viommu, IActorRef device, int users)
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

    /// <summary>The vIOMMU, its driver's only caller, unlinks and retires it: see <see cref="ViommuActor"/>.</summary>
    protected override void Undo() => viommu.Tell(
        new UnlinkVdevice(virtualId, Lifetime.Id, _tombstone, device, Lifetime.Remover, Lifetime.Farewell), Self);
}
