using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_hwpt_selftest of iommufd_test.h of the kernel's own tests: user data of an HWPT of the mock.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwptSelftest
{
    public uint Iotlb;
    public uint PagetableType;
}
