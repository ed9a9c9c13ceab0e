using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>
/// struct iommu_viommu_arm_smmuv3_invalidate of linux/iommufd.h: one invalidation of Arm SMMUv3: a command as the guest wrote it.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuViommuArmSmmuv3Invalidate
{
    public ulong Cmd0;
    public ulong Cmd1;
}
