using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>
/// struct vfio_iommu_type1_info_cap_iova_range of linux/vfio.h: usable IOVAs. An array of <see cref="IommuIovaRange"/> follows it.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioIommuType1InfoCapIovaRange
{
    public VfioInfoCapHeader Header;
    public uint NrIovas;
    public uint Reserved;
}
