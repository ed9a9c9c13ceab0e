using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>IOMMU_VDEVICE_ALLOC (viommu.c, iommufd_vdevice_alloc_ioctl).</summary>
internal sealed class VdeviceAllocCodec : CreatingCodec<IommuVdeviceAlloc>
{
    protected override Result<Call> Decode(in IommuVdeviceAlloc command, UserProcess caller) =>
        new VdeviceAlloc(new ObjectId(command.ViommuId), new ObjectId(command.DevId), command.VirtId);

    protected override Errno Encode(Answer answer, ref IommuVdeviceAlloc command, UserProcess caller)
    {
        command.OutVdeviceId = answer.Id.Value;
        return Errno.None;
    }
}
