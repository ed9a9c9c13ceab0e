using Akka.Actor;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Objects;

/// <summary>The last step of who builds an HWPT.</summary>
internal static class HandingOver
{
    /// <summary>
    /// To the context, by way of the fault queue that the call names: that is looked up when the HWPT is built (hw_pagetable.c,
    /// iommufd_hwpt_alloc), and takes a reference on itself. Without one the builder is told to undo what it has built.
    /// </summary>
    public static void HandOver(this ObjectEnvironment environment, HwptAlloc call, Blueprint hwpt, IActorRef caller)
    {
        if (!call.Flags.HasFlag(HwptAllocFlags.FaultIdValid))
        {
            environment.Context.Tell(new Adopt(hwpt), caller);
            return;
        }
        if (environment.Failures.ShouldFail("find fault queue")) hwpt.Builder.Tell(new Abort(hwpt, Errno.ENOMEM), caller);
        else if (environment.Table.Find(call.FaultQueue, ObjectType.Fault) is { } queue) queue.Actor.Tell(new Adopt(hwpt), caller);
        else hwpt.Builder.Tell(new Abort(hwpt, Errno.ENOENT), caller);
    }
}
