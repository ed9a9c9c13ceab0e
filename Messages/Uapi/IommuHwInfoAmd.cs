using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_hw_info_amd of linux/iommufd.h: extended feature registers of an AMD IOMMU.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwInfoAmd
{
    public ulong Efr;
    public ulong Efr2;
}
