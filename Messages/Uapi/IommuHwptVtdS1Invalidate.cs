using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_hwpt_vtd_s1_invalidate of linux/iommufd.h: one invalidation of Intel VT-d.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwptVtdS1Invalidate
{
    public ulong Addr;
    public ulong Npages;
    public uint Flags;
    public uint Reserved;
}
