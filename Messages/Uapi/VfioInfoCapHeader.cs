using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct vfio_info_cap_header of linux/vfio.h: what is in front of each capability.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct VfioInfoCapHeader
{
    public VfioInfoCap Id;
    public ushort Version;

    /// <summary>Offset of the next one in the structure; 0 in the last.</summary>
    public uint Next;
}
