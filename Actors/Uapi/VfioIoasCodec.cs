using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>IOMMU_VFIO_IOAS (vfio_compat.c, iommufd_vfio_ioas).</summary>
internal sealed class VfioIoasCodec : AnsweringCodec<IommuVfioIoas>
{
    protected override Result<Call> Decode(in IommuVfioIoas command, UserProcess caller) => command.Reserved != 0
        ? Errno.EOPNOTSUPP
        : new VfioIoas(command.Op, new ObjectId(command.IoasId));

    protected override bool CopiesOut(in IommuVfioIoas command) => command.Op == VfioIoasOp.Get;

    protected override Errno Encode(Answer answer, ref IommuVfioIoas command, UserProcess caller)
    {
        command.IoasId = answer.Id.Value;
        return Errno.None;
    }
}
