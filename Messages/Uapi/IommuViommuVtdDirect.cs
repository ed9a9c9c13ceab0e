using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>
/// Of this project: user data of a vIOMMU of type <see cref="ViommuType.VtdDirect"/>, written back. What mmap() gives there is the
/// register page of the guest's queue: head at 0, tail at 8, error at 16, 64 bits each.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuViommuVtdDirect
{
    public ulong OutMmapOffset;

    /// <summary>Bytes.</summary>
    public ulong OutMmapLength;
}
