using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_hw_info_vtd of linux/iommufd.h: registers of an Intel VT-d.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwInfoVtd
{
    public uint Flags;
    public uint Reserved;
    public ulong CapReg;
    public ulong EcapReg;
}
