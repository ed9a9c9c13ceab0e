using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>IOMMU_IOAS_MAP_FILE (ioas.c, iommufd_ioas_map_file).</summary>
internal sealed class IoasMapFileCodec : AnsweringCodec<IommuIoasMapFile>
{
    protected override Result<Call> Decode(in IommuIoasMapFile command, UserProcess caller) => new IoasMapFile(
        new ObjectId(command.IoasId), command.Flags, command.Fd, command.Start, command.Length, command.Iova);

    protected override Errno Encode(Answer answer, ref IommuIoasMapFile command, UserProcess caller)
    {
        command.Iova = answer.Value;
        return Errno.None;
    }

    protected override Call? Undo(in IommuIoasMapFile command, Answer answer, UserProcess caller) =>
        new IoasUnmap(new ObjectId(command.IoasId), answer.Value, command.Length);
}
