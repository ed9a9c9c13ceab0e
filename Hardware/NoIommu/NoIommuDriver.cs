using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.NoIommu;

/// <summary>
/// Devices with no IOMMU in front of them (CONFIG_IOMMUFD_NOIOMMU): they can be bound and attached, and reach memory by its physical
/// addresses all the same. Tables are software's alone, to look those addresses up in (iommufd/hwpt_noiommu.c).
/// </summary>
/// <param name="name">Unique within the machine.</param>
public sealed class NoIommuDriver(string name = "noiommu") : IIommuDriver
{
    public string Name => name;

    public bool Translates => false;

    /// <returns>EOPNOTSUPP: there is no hardware to tell of.</returns>
    public Result<HwInfo> HwInfo(PhysicalDevice device, HwInfoType type) => Errno.EOPNOTSUPP;

    /// <summary>None; what does not translate is not asked for coherency and isolation either.</summary>
    public DeviceCapabilities Capabilities(PhysicalDevice device) => new() { CacheCoherent = false, IsolatedMsi = false };

    /// <returns>EOPNOTSUPP for any flag but that a fault queue is named, and for any user data (noiommu_alloc_paging_flags).</returns>
    public Result<IPagingDomain> AllocPaging(PhysicalDevice device, HwptAllocFlags flags, UserData data = default) =>
        (flags & ~HwptAllocFlags.FaultIdValid) != 0 || !data.IsEmpty ? Errno.EOPNOTSUPP : new NoIommuDomain(this);

    /// <summary>Programs nothing, whoever's domain it is.</summary>
    public Result<IEnumerable<CommandBatch>> Attach(PhysicalDevice device, IDomain? from, IDomain? to) => new(Errno.None, Plan.Nothing);
}
