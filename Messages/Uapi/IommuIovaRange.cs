using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_iova_range of linux/iommufd.h: a range of IOVAs, both ends included.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuIovaRange
{
    public ulong Start;
    public ulong Last;
}
