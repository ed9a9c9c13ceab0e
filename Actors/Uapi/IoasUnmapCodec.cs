using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>IOMMU_IOAS_UNMAP (ioas.c, iommufd_ioas_unmap). On an error the length is not written, whatever was unmapped.</summary>
internal sealed class IoasUnmapCodec : AnsweringCodec<IommuIoasUnmap>
{
    protected override Result<Call> Decode(in IommuIoasUnmap command, UserProcess caller) =>
        new IoasUnmap(new ObjectId(command.IoasId), command.Iova, command.Length);

    protected override Errno Encode(Answer answer, ref IommuIoasUnmap command, UserProcess caller)
    {
        command.Length = answer.Value;
        return Errno.None;
    }
}
