using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>IOMMU_IOAS_ALLOC (ioas.c, iommufd_ioas_alloc_ioctl).</summary>
internal sealed class IoasAllocCodec : CreatingCodec<IommuIoasAlloc>
{
    protected override Result<Call> Decode(in IommuIoasAlloc command, UserProcess caller) => new IoasAlloc(command.Flags);

    protected override Errno Encode(Answer answer, ref IommuIoasAlloc command, UserProcess caller)
    {
        command.OutIoasId = answer.Id.Value;
        return Errno.None;
    }
}
