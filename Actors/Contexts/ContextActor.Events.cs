using Akka.Actor;
using Iommu.Actors.Objects;
using Iommu.Messages;
using Iommu.Persistence.Events;

namespace Iommu.Actors.Contexts;

/// <summary>Fault queues and event queues, as far as the context has a part in them.</summary>
internal sealed partial class ContextActor
{
    private void AllocFaultQueue()
    {
        if (_environment.Failures.ShouldFail("open event file")) Sender.Tell((Answer)Errno.ENOMEM);
        else Adopt(new FaultQueueBlueprint(Self, SimulatorConfig.CallPatience(Context.System)));
    }

    /// <summary>Its vIOMMU knows it before the context serves: an event may come at once.</summary>
    private void RebuildVeventq(VeventqAllocated queue, uint? next, int users)
    {
        var viommu = Entry(queue.Viommu).Actor;
        var entry = Publish(queue, null, VeventqActor.Props(_environment, queue, viommu, open: false, next, users));
        viommu.Tell(new VeventqLinked(queue.QueueType, entry.Actor));
    }

    /// <summary>
    /// Who gets the page faults of an HWPT. It is referenced before the HWPT gets here, and so is there; null for any other object.
    /// </summary>
    private IActorRef? FaultQueueOf(ObjectCreated created)
    {
        var queue = created switch
        {
            HwptPagingAllocated paging => paging.FaultQueue,
            HwptNestedAllocated nested => nested.FaultQueue,
            _ => ObjectId.None,
        };
        return queue == ObjectId.None ? null : Entry(queue).Actor;
    }

    /// <summary>
    /// In the kernel an event file keeps its context's file open. The last close comes after all of them are closed: what the process has
    /// left open is closed with it, as its devices are.
    /// </summary>
    private void CloseEventFiles()
    {
        foreach (var node in _graph.Nodes.Where(node => node.Type is ObjectType.Fault or ObjectType.Veventq))
            _objects[node.Id].Tell(EventFileClosed.Instance);
    }
}
