using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>IOMMU_HWPT_ALLOC (hw_pagetable.c, iommufd_hwpt_alloc).</summary>
internal sealed class HwptAllocCodec : CreatingCodec<IommuHwptAlloc>
{
    protected override Result<Call> Decode(in IommuHwptAlloc command, UserProcess caller)
    {
        if (command.Reserved != 0) return Errno.EOPNOTSUPP;
        var (data, faults) = caller.Memory.ReadUserData(command.DataUptr, command.DataLen);
        return new HwptAlloc(new ObjectId(command.DevId), new ObjectId(command.PtId), command.Flags, command.DataType, data,
            new ObjectId(command.FaultId)) { DataFaults = faults };
    }

    protected override Errno Encode(Answer answer, ref IommuHwptAlloc command, UserProcess caller)
    {
        command.OutHwptId = answer.Id.Value;
        return Errno.None;
    }
}
