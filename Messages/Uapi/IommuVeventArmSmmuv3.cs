using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_vevent_arm_smmuv3 of linux/iommufd.h: an event record of Arm SMMUv3.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuVeventArmSmmuv3
{
    public ulong Evt0;
    public ulong Evt1;
    public ulong Evt2;
    public ulong Evt3;
}
