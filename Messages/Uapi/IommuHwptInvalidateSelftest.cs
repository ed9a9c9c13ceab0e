using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>
/// struct iommu_hwpt_invalidate_selftest of iommufd_test.h of the kernel's own tests: one invalidation of a nested HWPT of the mock.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwptInvalidateSelftest
{
    public uint Flags;
    public uint IotlbId;
}
