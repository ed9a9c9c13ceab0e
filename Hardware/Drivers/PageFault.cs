using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Drivers;

/// <summary>One page request of a device (struct iommu_fault_page_request). A group ends with the one that has LAST_PAGE.</summary>
/// <param name="Flags">Whether <paramref name="Pasid"/> counts, whether the group ends here.</param>
/// <param name="Pasid">The address space of the device.</param>
/// <param name="Group">What the device calls the group; several of one PASID may be open.</param>
/// <param name="Permissions">What it wanted.</param>
/// <param name="Address">The address, in the first stage.</param>
public readonly record struct PageFault(
    PageFaultFlags Flags, uint Pasid, uint Group, PageFaultPermissions Permissions, ulong Address);
