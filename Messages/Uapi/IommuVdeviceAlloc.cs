using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_vdevice_alloc of linux/iommufd.h: a vDEVICE to make.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuVdeviceAlloc
{
    /// <summary>Bytes of it when it was first defined: a caller must have these.</summary>
    public const int SizeMinBytes = 24;

    public uint Size;
    public uint ViommuId;
    public uint DevId;
    public uint OutVdeviceId;
    public ulong VirtId;
}
