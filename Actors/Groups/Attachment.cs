using Iommu.Actors.Objects;
using Iommu.Hardware.Drivers;

namespace Iommu.Actors.Groups;

/// <summary>What a group is attached to in hardware at one PASID, until it is blocked or moved.</summary>
/// <param name="hwpt">The HWPT.</param>
/// <param name="pasid">The address space.</param>
internal sealed class Attachment(ObjectEntry hwpt, uint pasid)
{
    public ObjectEntry Hwpt { get; } = hwpt;

    public uint Pasid { get; } = pasid;

    public IDomain Domain => (IDomain)Hwpt.Hardware!;

    /// <summary>Devices that are there now: those of the group that the machine had, bound or not, and none that is being reset.</summary>
    public List<PhysicalDevice> Devices { get; } = [];

    /// <summary>What the page faults of its devices carry; made by the first fault of each.</summary>
    public Dictionary<PhysicalDevice, AttachHandle> Handles { get; } = [];
}
