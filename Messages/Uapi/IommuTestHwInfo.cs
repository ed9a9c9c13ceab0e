using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_test_hw_info of iommufd_test.h of the kernel's own tests: what the mock hardware is.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuTestHwInfo
{
    public uint Flags;
    public uint TestReg;
}
