using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>
/// struct iommu_viommu_tegra241_cmdqv of linux/iommufd.h: user data of a vIOMMU of Tegra241 CMDQV: where its registers can be mapped.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuViommuTegra241Cmdqv
{
    public ulong OutVintfMmapOffset;

    /// <summary>Bytes.</summary>
    public ulong OutVintfMmapLength;
}
