using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_hw_info_tegra241_cmdqv of linux/iommufd.h: what a Tegra241 CMDQV has.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwInfoTegra241Cmdqv
{
    public uint Flags;
    public byte Version;
    public byte Log2Vcmdqs;
    public byte Log2Vsids;
    public byte Reserved;
}
