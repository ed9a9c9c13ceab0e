using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>IOMMU_HW_QUEUE_ALLOC (viommu.c, iommufd_hw_queue_alloc_ioctl).</summary>
internal sealed class HwQueueAllocCodec : CreatingCodec<IommuHwQueueAlloc>
{
    protected override Result<Call> Decode(in IommuHwQueueAlloc command, UserProcess caller) => new HwQueueAlloc(
        new ObjectId(command.ViommuId), command.Type, command.Index, command.NestingParentIova, command.Length, command.Flags);

    protected override Errno Encode(Answer answer, ref IommuHwQueueAlloc command, UserProcess caller)
    {
        command.OutHwQueueId = answer.Id.Value;
        return Errno.None;
    }
}
