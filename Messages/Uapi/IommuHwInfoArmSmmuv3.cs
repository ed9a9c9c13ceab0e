using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_hw_info_arm_smmuv3 of linux/iommufd.h: registers of an Arm SMMUv3.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwInfoArmSmmuv3
{
    public uint Flags;
    public uint Reserved;
    public uint Idr0;
    public uint Idr1;
    public uint Idr2;
    public uint Idr3;
    public uint Idr4;
    public uint Idr5;
    public uint Iidr;
    public uint Aidr;
}
