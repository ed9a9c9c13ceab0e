using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_viommu_selftest of iommufd_test.h of the kernel's own tests: user data of a vIOMMU of the mock.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuViommuSelftest
{
    public uint InData;
    public uint OutData;
    public ulong OutMmapOffset;

    /// <summary>Bytes.</summary>
    public ulong OutMmapLength;
}
