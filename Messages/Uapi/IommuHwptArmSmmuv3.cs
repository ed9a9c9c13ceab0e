using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>
/// struct iommu_hwpt_arm_smmuv3 of linux/iommufd.h: user data of a nested HWPT of Arm SMMUv3: two words of the guest's stream table entry.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwptArmSmmuv3
{
    public ulong Ste0;
    public ulong Ste1;
}
