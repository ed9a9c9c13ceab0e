using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_viommu_event_selftest of iommufd_test.h of the kernel's own tests: an event of the mock.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuViommuEventSelftest
{
    public uint VirtId;
}
