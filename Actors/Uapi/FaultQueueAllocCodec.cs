using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>IOMMU_FAULT_QUEUE_ALLOC (eventq.c, iommufd_fault_alloc).</summary>
internal sealed class FaultQueueAllocCodec : EventQueueCodec<IommuFaultAlloc>
{
    protected override Result<Call> Decode(in IommuFaultAlloc command, UserProcess caller) => new FaultQueueAlloc(command.Flags);

    protected override uint Descriptor(in IommuFaultAlloc command) => command.OutFaultFd;

    protected override void Put(ObjectId queue, uint descriptor, ref IommuFaultAlloc command) =>
        (command.OutFaultId, command.OutFaultFd) = (queue.Value, descriptor);
}
