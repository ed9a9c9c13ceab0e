using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Uapi;

/// <summary>IOMMU_IOAS_CHANGE_PROCESS (ioas.c, iommufd_ioas_change_process).</summary>
internal sealed class IoasChangeProcessCodec : IoctlCodec<IommuIoasChangeProcess>
{
    protected override Result<Call> Decode(in IommuIoasChangeProcess command, UserProcess caller) =>
        command.Reserved != 0 ? Errno.EOPNOTSUPP : new IoasChangeProcess();
}
