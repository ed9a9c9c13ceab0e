using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_hwpt_vtd_s1 of linux/iommufd.h: user data of a nested HWPT of Intel VT-d.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwptVtdS1
{
    public ulong Flags;
    public ulong PgtblAddr;

    /// <summary>Bits.</summary>
    public uint AddrWidth;

    public uint Reserved;
}
