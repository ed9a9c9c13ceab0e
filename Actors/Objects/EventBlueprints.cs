using Akka.Actor;
using Iommu.Messages;
using Iommu.Persistence.Events;

namespace Iommu.Actors.Objects;

/// <summary>A fault queue depends on nothing: the context itself builds it.</summary>
internal sealed class FaultQueueBlueprint(IActorRef context, TimeSpan patience) : Blueprint(context)
{
    private EventFile? _file;

    public override object? Hardware => null;

    public override ObjectCreated Describe(ObjectId id) => new FaultQueueAllocated(id);

    public override Props Props(ObjectEnvironment environment, ObjectId id, int users) =>
        FaultQueueActor.Props(environment, id, open: true, users);

    public override void Started(IActorRef actor, ObjectId id) => _file = new EventFile(id, actor, patience);

    public override Answer AnswerFor(ObjectId id) => new EventQueueAnswer(id, _file!);
}

internal sealed class VeventqBlueprint(IActorRef viommu, VeventqAlloc call, TimeSpan patience) : Blueprint(viommu)
{
    private EventFile? _file;

    public VeventqAlloc Call => call;

    public override object? Hardware => null;

    public override ObjectCreated Describe(ObjectId id) => new VeventqAllocated(id, call.Viommu, call.Type, call.Depth);

    public override Props Props(ObjectEnvironment environment, ObjectId id, int users) =>
        VeventqActor.Props(environment, (VeventqAllocated)Describe(id), Builder, open: true, next: null, users);

    public override void Started(IActorRef actor, ObjectId id)
    {
        _file = new EventFile(id, actor, patience);
        Builder.Tell(new VeventqLinked(call.Type, actor));
    }

    public override Answer AnswerFor(ObjectId id) => new EventQueueAnswer(id, _file!);
}
