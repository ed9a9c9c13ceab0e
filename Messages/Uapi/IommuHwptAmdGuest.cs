using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommu_hwpt_amd_guest of linux/iommufd.h: user data of a nested HWPT of AMD: the guest's device table entry.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommuHwptAmdGuest
{
    public ulong Dte0;
    public ulong Dte1;
    public ulong Dte2;
    public ulong Dte3;
}
