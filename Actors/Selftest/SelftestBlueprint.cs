using Akka.Actor;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Persistence.Events;

namespace Iommu.Actors.Selftest;

/// <param name="builder">Its <see cref="SelftestBuilder"/>; nobody in a recovery.</param>
/// <param name="id">The id that is reserved for it.</param>
/// <param name="device">The device that it owns, as bound.</param>
/// <param name="physical">The device in the machine.</param>
internal sealed class SelftestBlueprint(IActorRef builder, ObjectId id, ObjectId device, PhysicalDevice physical) : Blueprint(builder)
{
    public override ObjectId Reserved => id;

    public override object Hardware => physical;

    public override bool AnswersCaller => false;

    public override ObjectCreated Describe(ObjectId reserved) => new SelftestCreated(reserved, device);

    public override Props Props(ObjectEnvironment environment, ObjectId reserved, int users) =>
        Akka.Actor.Props.Create(() => new SelftestActor(environment, reserved, device, physical, users));
}
