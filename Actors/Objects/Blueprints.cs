using Akka.Actor;
using Iommu.Actors.Core;
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

    /// <summary>One that an attach makes for itself is, when the device is attached: a failed attach was never to be seen.</summary>
    public override bool IsVisible => !auto;

    public override ObjectCreated Describe(ObjectId id) => new HwptPagingAllocated(
        id, ioasId, deviceName, call.Flags, auto, CallRules.FaultQueueOf(call), call.DataType,
        call.Data.IsEmpty ? null : call.Data.ToArray());

    public override Props Props(ObjectEnvironment environment, ObjectId id, int users) =>
        Akka.Actor.Props.Create(() => new HwptPagingActor(environment, id, domain, Builder, auto, users));
}

/// <summary>
/// A vIOMMU. Its builder is the stage 2, which so exists before it and is linked to it for life; what is nested is allocated on the
/// vIOMMU from then on, in place of the stage 2.
/// </summary>
internal sealed class ViommuBlueprint(
    IActorRef hwpt, ObjectId hwptId, IActorRef ioas, string deviceName, ViommuAlloc call, IViommuDriver viommu, ViommuServices services)
    : Blueprint(hwpt)
{
    public IViommuDriver Viommu => viommu;

    public ViommuServices Services => services;

    public override object Hardware => viommu;

    public override ObjectCreated Describe(ObjectId id) =>
        new ViommuAllocated(id, hwptId, deviceName, call.Type, call.Data.ToArray());

    public override Answer AnswerFor(ObjectId id) => new ViommuAnswer(Errno.None, id, viommu.UserDataBack);

    public override void Started(IActorRef actor, ObjectId id) => services.Publish(actor, id);

    public override Props Props(ObjectEnvironment environment, ObjectId id, int users) =>
        Akka.Actor.Props.Create(() => new ViommuActor(environment, id, viommu, services, Builder, ioas, users));
}

/// <param name="parent">The vIOMMU, or the nest parent.</param>
/// <param name="parentId">Its id.</param>
/// <param name="deviceName">The device that it is for, straight on a nest parent; null on a vIOMMU.</param>
/// <param name="call">The call.</param>
/// <param name="domain">What the driver has made.</param>
internal sealed class HwptNestedBlueprint(
    IActorRef parent, ObjectId parentId, string? deviceName, HwptAlloc call, INestedDomain domain) : Blueprint(parent)
{
    public INestedDomain Domain => domain;

    public override object Hardware => domain;

    public override ObjectCreated Describe(ObjectId id) => new HwptNestedAllocated(
        id, parentId, call.DataType, call.Data.ToArray(), call.Flags, CallRules.FaultQueueOf(call), deviceName);

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
        Akka.Actor.Props.Create(() => new VdeviceActor(environment, id, virtualId, Builder, device.Actor, users));
}

/// <param name="viommu">The vIOMMU's actor.</param>
/// <param name="viommuId">Its id.</param>
/// <param name="ioas">The IOAS of its nest parent, which holds the pins of the ring.</param>
/// <param name="call">The call.</param>
/// <param name="ring">The pages of the ring.</param>
/// <param name="driver">What the driver has made.</param>
/// <param name="dependsOn">The queue that must not go before this one; null when there is none.</param>
internal sealed class HwQueueBlueprint(
    IActorRef viommu, ObjectId viommuId, IActorRef ioas, HwQueueAlloc call, Ring ring, IHwQueueDriver driver, ObjectEntry? dependsOn)
    : Blueprint(viommu)
{
    public IHwQueueDriver Driver => driver;

    public IActorRef Ioas => ioas;

    public Ring Ring => ring;

    public ObjectEntry? DependsOn => dependsOn;

    public override object Hardware => driver;

    public override ObjectCreated Describe(ObjectId id) => new HwQueueAllocated(
        id, viommuId, call.Type, call.Index, call.Iova, call.LengthBytes, dependsOn?.Id ?? ObjectId.None);

    public override Props Props(ObjectEnvironment environment, ObjectId id, int users) =>
        Akka.Actor.Props.Create(() => new HwQueueActor(environment, id, this, users));
}
