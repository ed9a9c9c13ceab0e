using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Messages;

namespace Iommu.Actors.Contexts;

/// <summary>Fault queues and event queues.</summary>
internal static partial class CallRouter
{
    private static Route FaultQueue(FaultQueueAlloc call, IActorRef context) =>
        CallRules.FaultQueue(call) is var errno and not Errno.None ? new Route(errno) : new Route(context, call);

    private static Route Veventq(VeventqAlloc call, ObjectTable table)
    {
        var errno = CallRules.Veventq(call);
        if (errno != Errno.None) return new Route(errno);
        return table.Find(call.Viommu, ObjectType.Viommu) is { } viommu
            ? new Route(viommu.Actor, new Acquire(call, null)) : new Route(Errno.ENOENT);
    }
}
