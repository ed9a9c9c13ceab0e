using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Messages.Uapi;
using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Drivers;

/// <summary>
/// A simulated host on which a driver is tested by <see cref="DriverConformance"/>: fresh for each rule, with at least two devices behind
/// one IOMMU, whose driver has been started and has nothing attached.
/// </summary>
public abstract class DriverRig
{
    public abstract IReadOnlyList<PhysicalDevice> Devices { get; }

    public IIommuDriver Driver => Devices[0].Iommu;

    public abstract PhysicalMemory Memory { get; }

    /// <summary>Where the driver's tables come from, all of them.</summary>
    public abstract FrameAllocator Frames { get; }

    /// <summary>Whether hardware translates: else nothing is asked of <see cref="Reach"/>.</summary>
    public virtual bool Translates => true;

    /// <summary>A transaction of a device, to its end: the physical address that it comes out at, or null when it is refused.</summary>
    public abstract ulong? Reach(PhysicalDevice device, ulong iova, Access access);

    /// <summary>How many paging domains with these flags there can be at once, until ENOSPC; null for no end that can be reached.</summary>
    public virtual int? DomainsMax(HwptAllocFlags flags) => null;

    /// <summary>What a guest with a vIOMMU, or nested straight on a nest parent, sees; null where there is no such guest.</summary>
    public virtual GuestIommu? Guest => null;
}
