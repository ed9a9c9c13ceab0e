using Akka.Actor;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Persistence.Events;

namespace Iommu.Actors.Objects;

internal sealed class HwptPagingBlueprint(
    IActorRef ioas, ObjectId ioasId, string deviceName, HwptAlloc call, bool auto, IPagingDomain domain) : Blueprint(ioas)
{
    public IPagingDomain Domain => domain;

    public override object Hardware => domain;

    public override bool AnswersCaller => !auto;

    public override ObjectCreated Describe(ObjectId id) => new HwptPagingAllocated(id, ioasId, deviceName, call.Flags, auto);

    public override Props Props(ObjectEnvironment environment, ObjectId id, int users) =>
        Akka.Actor.Props.Create(() => new HwptPagingActor(environment, id, domain, Builder, auto, users));
}

internal sealed class ViommuBlueprint(IActorRef hwpt, ObjectId hwptId, string deviceName, ViommuAlloc call, IViommuDriver viommu)
    : Blueprint(hwpt)
{
    public IViommuDriver Viommu => viommu;

    public override object Hardware => viommu;

    public override ObjectCreated Describe(ObjectId id) =>
        new ViommuAllocated(id, hwptId, deviceName, call.Type, call.Data.ToArray());

    public override Props Props(ObjectEnvironment environment, ObjectId id, int users) =>
        Akka.Actor.Props.Create(() => new ViommuActor(environment, id, viommu, Builder, users));
}

internal sealed class HwptNestedBlueprint(IActorRef viommu, ObjectId viommuId, HwptAlloc call, INestedDomain domain) : Blueprint(viommu)
{
    public INestedDomain Domain => domain;

    public override object Hardware => domain;

    public override ObjectCreated Describe(ObjectId id) => new HwptNestedAllocated(id, viommuId, call.DataType, call.Data.ToArray());

    public override Props Props(ObjectEnvironment environment, ObjectId id, int users) =>
        Akka.Actor.Props.Create(() => new HwptNestedActor(environment, id, domain, Builder, users));
}

internal sealed class VdeviceBlueprint(IActorRef viommu, ObjectId viommuId, IViommuDriver driver, ObjectEntry device, ulong virtualId)
    : Blueprint(viommu)
{
    public IActorRef Device => device.Actor;

    public ulong VirtualId => virtualId;

    public override object Hardware => driver;

    public override ObjectCreated Describe(ObjectId id) => new VdeviceAllocated(id, viommuId, device.Id, virtualId);

    public override Props Props(ObjectEnvironment environment, ObjectId id, int users) =>
        Akka.Actor.Props.Create(() => new VdeviceActor(environment, id, driver, virtualId, Builder, device.Actor, users));
}
