using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_vfio_ioas of linux/iommufd.h: the address space of the VFIO calls.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuVfioIoas
{
    /// <summary>Bytes of it when it was first defined: a caller must have these.</summary>
    public const int SizeMinBytes = 12;

    public uint Size;
    public uint IoasId;
    public VfioIoasOp Op;
    public ushort Reserved;
}
