using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Drivers;

/// <summary>
/// The driver half of one physical IOMMU: what iommufd's core calls (struct iommu_ops). The core owns lifetimes and abort:
/// a call that fails has left nothing behind, and what a call returned the core frees exactly once.
/// </summary>
public interface IIommuDriver
{
    string Name { get; }

    HwInfo HwInfo(PhysicalDevice device);

    /// <summary>Tables and tags for a paging domain.</summary>
    /// <returns>EOPNOTSUPP for a flag that the hardware cannot do; ENOMEM; ENOSPC when tags have run out.</returns>
    Result<IPagingDomain> AllocPaging(PhysicalDevice device, HwptAllocFlags flags);

    /// <summary>Moves a device from one domain to another; null is blocked (no translation succeeds).</summary>
    /// <returns>EINVAL when the domain is another IOMMU's; the variant's own errnos. On success the plan that does it.</returns>
    Result<IEnumerable<CommandBatch>> Attach(PhysicalDevice device, IDomain? from, IDomain? to);

    /// <summary>
    /// A slice of this IOMMU for one guest. The stage 2 exists first and is the parent for the life of the vIOMMU.
    /// </summary>
    /// <returns>EOPNOTSUPP for a type that it has not; EINVAL for a parent that is not its own.</returns>
    Result<IViommuDriver> AllocViommu(PhysicalDevice device, IPagingDomain parent, ViommuType type, ReadOnlyMemory<byte> userData);
}
