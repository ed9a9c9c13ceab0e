using Akka.Actor;
using Iommu.Actors.Groups;
using Iommu.Hardware.Drivers;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>A nested HWPT: a first stage in guest memory, on a vIOMMU.</summary>
internal sealed class HwptNestedActor(ObjectEnvironment environment, ObjectId id, INestedDomain domain, IActorRef viommu, int users)
    : ObjectActor(environment, id, ObjectType.HwptNested, users)
{
    protected override void OnAcquired(Acquire acquire)
    {
        if (acquire.Call is DeviceAttach) acquire.Other!.Group!.Tell(new AttachTo(Environment.Table.Find(Lifetime.Id)!, acquire), Sender);
        else EndCall(Errno.EOPNOTSUPP);
    }

    protected override void Undo() =>
        Lifetime.Run(domain.Free(), () => Lifetime.Retire(false, (viommu, Release.Dependant)));
}
