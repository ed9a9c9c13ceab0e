using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>IOMMU_GET_HW_INFO (device.c, iommufd_get_hw_info).</summary>
internal sealed class GetHwInfoCodec : AnsweringCodec<IommuHwInfo>
{
    protected override Result<Call> Decode(in IommuHwInfo command, UserProcess caller)
    {
        if ((command.Reserved0 | command.Reserved1 | command.Reserved2) != 0) return Errno.EOPNOTSUPP;
        var type = command.Flags.HasFlag(HwInfoFlags.InputType) ? command.DataType : HwInfoType.None;
        return new GetHwInfo(new ObjectId(command.DevId), command.Flags, type);
    }

    /// <summary>As much of the data as there is room for, zeros behind it, and the length that there is.</summary>
    protected override Errno Encode(Answer answer, ref IommuHwInfo command, UserProcess caller)
    {
        var info = (HwInfoAnswer)answer;
        var copied = (int)Math.Min(command.DataLen, (uint)info.Data.Length);
        if (caller.Memory.Write(command.DataUptr, info.Data.Span[..copied]) != Errno.None) return Errno.EFAULT;
        if (caller.Memory.Clear(command.DataUptr + (ulong)copied, command.DataLen - (ulong)copied) != Errno.None) return Errno.EFAULT;
        command.DataLen = (uint)info.Data.Length;
        command.DataType = info.Type;
        command.OutMaxPasidLog2 = info.MaxPasidLog2;
        command.OutCapabilities = info.Capabilities;
        return Errno.None;
    }
}
