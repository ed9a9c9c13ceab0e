using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Tests.Hardware.Smmuv3;

/// <summary>What a vIOMMU's driver is served by where its allocation named a VM.</summary>
internal sealed class ServicesOfVm(IVirtualMachine? vm) : IViommuServices
{
    public IVirtualMachine? Vm => vm;

    public Result<ulong> AllocMmap(ulong physical, ulong lengthBytes) => Errno.EINVAL;

    public void FreeMmap(ulong offset)
    {
    }

    public void ReportEvent(VeventqType type, ReadOnlyMemory<byte> data)
    {
    }
}
