using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>IOMMU_IOAS_NOIOMMU_GET_PA (ioas.c, iommufd_ioas_noiommu_get_pa).</summary>
internal sealed class IoasNoiommuGetPaCodec : AnsweringCodec<IommuIoasNoiommuGetPa>
{
    protected override Result<Call> Decode(in IommuIoasNoiommuGetPa command, UserProcess caller)
    {
        // Who may not ask learns nothing else: the typed call has the same order, but no reserved field.
        if (!caller.Has(ProcessCapabilities.SysRawio)) return Errno.EPERM;
        if (command.Reserved != 0) return Errno.EOPNOTSUPP;
        return new IoasNoiommuGetPa(new ObjectId(command.IoasId), command.Iova, command.Length, command.Flags);
    }

    protected override Errno Encode(Answer answer, ref IommuIoasNoiommuGetPa command, UserProcess caller)
    {
        var found = (PhysicalAnswer)answer;
        command.OutPhys = found.Physical;
        command.Length = found.LengthBytes;
        return Errno.None;
    }
}
