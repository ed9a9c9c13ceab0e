using System.Runtime.InteropServices;

namespace Iommu.Messages.Uapi;

/// <summary>struct iommufd_vevent_header of linux/iommufd.h: what is in front of each event of an event queue.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct IommufdVeventHeader
{
    public VeventFlags Flags;
    public uint Sequence;
}
