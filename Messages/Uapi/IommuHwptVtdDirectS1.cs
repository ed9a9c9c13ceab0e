using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>
/// Of this project: user data of a nested HWPT on a vIOMMU of type <see cref="ViommuType.VtdDirect"/>: the first stage, and what the
/// guest's own descriptors call it.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwptVtdDirectS1
{
    public IommuHwptVtdS1 FirstStage;

    /// <summary>16 bits.</summary>
    public uint GuestDomainId;

    public uint Reserved;
}
