using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>IOMMU_VIOMMU_ALLOC (viommu.c, iommufd_viommu_alloc_ioctl): its reserved field is not looked at.</summary>
internal sealed class ViommuAllocCodec : CreatingCodec<IommuViommuAlloc>
{
    protected override Result<Call> Decode(in IommuViommuAlloc command, UserProcess caller)
    {
        var (data, faults) = caller.Memory.ReadUserData(command.DataUptr, command.DataLen);
        return new ViommuAlloc(new ObjectId(command.DevId), new ObjectId(command.HwptId), command.Type, command.Flags, data)
        {
            DataFaults = faults,
        };
    }

    protected override Errno Encode(Answer answer, ref IommuViommuAlloc command, UserProcess caller)
    {
        command.OutViommuId = answer.Id.Value;
        var data = answer is ViommuAnswer viommu ? viommu.Data : default;
        return caller.Memory.Write(command.DataUptr, data.Span[..(int)Math.Min(command.DataLen, (uint)data.Length)]);
    }
}
