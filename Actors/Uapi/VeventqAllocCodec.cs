using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>IOMMU_VEVENTQ_ALLOC (eventq.c, iommufd_veventq_alloc).</summary>
internal sealed class VeventqAllocCodec : EventQueueCodec<IommuVeventqAlloc>
{
    protected override Result<Call> Decode(in IommuVeventqAlloc command, UserProcess caller) => command.Reserved != 0
        ? Errno.EOPNOTSUPP
        : new VeventqAlloc(new ObjectId(command.ViommuId), command.Type, command.VeventqDepth, command.Flags);

    protected override uint Descriptor(in IommuVeventqAlloc command) => command.OutVeventqFd;

    protected override void Put(ObjectId queue, uint descriptor, ref IommuVeventqAlloc command) =>
        (command.OutVeventqId, command.OutVeventqFd) = (queue.Value, descriptor);
}
