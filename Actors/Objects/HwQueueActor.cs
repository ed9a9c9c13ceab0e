using Akka.Actor;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>
/// A hardware queue: a ring in guest memory that hardware drains. It holds references on its vIOMMU and on the queue that it depends
/// on, and the pins of its ring; the vIOMMU, its driver's only caller, lets go of all of them in the end.
/// </summary>
internal sealed class HwQueueActor(ObjectEnvironment environment, ObjectId id, HwQueueBlueprint queue, int users)
    : ObjectActor(environment, id, ObjectType.HwQueue, users)
{
    protected override void OnAcquired(Acquire acquire) => EndCall(Errno.EINVAL);

    protected override void OnOther(object message)
    {
        switch (message)
        {
            case LinkQueue link when Lifetime.TryReference():
                Environment.Context.Forward(new Adopt(link.Dependent));
                break;
            case LinkQueue link:
                link.Refuse(Sender);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    protected override void Undo() =>
        queue.Builder.Tell(new FreeQueue(queue, Lifetime.Id, Lifetime.Remover, Lifetime.Farewell), Self);
}
