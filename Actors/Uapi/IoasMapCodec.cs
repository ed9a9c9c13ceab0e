using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>IOMMU_IOAS_MAP (ioas.c, iommufd_ioas_map).</summary>
internal sealed class IoasMapCodec : AnsweringCodec<IommuIoasMap>
{
    protected override Result<Call> Decode(in IommuIoasMap command, UserProcess caller) => command.Reserved != 0
        ? Errno.EOPNOTSUPP
        : new IoasMap(new ObjectId(command.IoasId), command.Flags, command.UserVa, command.Length, command.Iova);

    protected override Errno Encode(Answer answer, ref IommuIoasMap command, UserProcess caller)
    {
        command.Iova = answer.Value;
        return Errno.None;
    }

    protected override Call? Undo(in IommuIoasMap command, Answer answer, UserProcess caller) =>
        new IoasUnmap(new ObjectId(command.IoasId), answer.Value, command.Length);
}
