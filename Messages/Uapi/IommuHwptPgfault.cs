using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_hwpt_pgfault of linux/iommufd.h: a page fault as a fault queue is read.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwptPgfault
{
    public PageFaultFlags Flags;
    public uint DevId;
    public uint Pasid;
    public uint Grpid;
    public PageFaultPermissions Perm;
    public uint Reserved;
    public ulong Addr;

    /// <summary>Bytes.</summary>
    public uint Length;

    /// <summary>The same for all faults of a group.</summary>
    public uint Cookie;
}
