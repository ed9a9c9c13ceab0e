using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>
/// struct iommu_viommu_invalidate_selftest of iommufd_test.h of the kernel's own tests: one invalidation of a vIOMMU of the mock.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuViommuInvalidateSelftest
{
    public uint Flags;
    public uint VdevId;
    public uint CacheId;
}
