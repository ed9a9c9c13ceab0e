using Akka.Actor;
using Iommu.Hardware.Queues;

namespace Iommu.Actors.Hardware;

/// <summary>The actor of every hardware command queue.</summary>
internal sealed class QueueDirectory(IReadOnlyDictionary<ICommandQueue, IActorRef> actors)
{
    public IActorRef this[ICommandQueue queue] => actors[queue];
}
