using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_vevent_tegra241_cmdqv of linux/iommufd.h: the error map of the queues of a Tegra241 CMDQV.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuVeventTegra241Cmdqv
{
    public ulong LvcmdqErrMap0;
    public ulong LvcmdqErrMap1;
}
