using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>
/// struct iommu_hwpt_page_response of linux/iommufd.h: the answer to a group of page faults as a fault queue is written.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwptPageResponse
{
    public uint Cookie;
    public PageResponseCode Code;
}
