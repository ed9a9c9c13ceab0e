using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>IOMMU_OPTION (main.c, iommufd_option).</summary>
internal sealed class OptionCodec : AnsweringCodec<IommuOption>
{
    protected override Result<Call> Decode(in IommuOption command, UserProcess caller) => command.Reserved != 0
        ? Errno.EOPNOTSUPP
        : new Option(command.OptionId, command.Op, new ObjectId(command.ObjectId), command.Val64);

    protected override Errno Encode(Answer answer, ref IommuOption command, UserProcess caller)
    {
        if (command.Op == OptionOp.Get) command.Val64 = answer.Value;
        return Errno.None;
    }
}
