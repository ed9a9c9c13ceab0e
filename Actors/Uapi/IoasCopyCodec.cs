using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>IOMMU_IOAS_COPY (ioas.c, iommufd_ioas_copy).</summary>
internal sealed class IoasCopyCodec : AnsweringCodec<IommuIoasCopy>
{
    protected override Result<Call> Decode(in IommuIoasCopy command, UserProcess caller) => new IoasCopy(
        new ObjectId(command.DstIoasId), new ObjectId(command.SrcIoasId), command.Flags, command.Length, command.SrcIova, command.DstIova);

    protected override Errno Encode(Answer answer, ref IommuIoasCopy command, UserProcess caller)
    {
        command.DstIova = answer.Value;
        return Errno.None;
    }

    protected override Call? Undo(in IommuIoasCopy command, Answer answer, UserProcess caller) =>
        new IoasUnmap(new ObjectId(command.DstIoasId), answer.Value, command.Length);
}
