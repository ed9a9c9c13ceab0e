using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Drivers;

/// <summary>
/// The driver half of one physical IOMMU: what iommufd's core calls (struct iommu_ops). The core owns lifetimes and abort:
/// a call that fails has left nothing behind, and what a call returned the core frees exactly once.
/// What a variant does not have it leaves to the defaults here, which refuse it as the kernel does without the operation.
/// </summary>
public interface IIommuDriver
{
    string Name { get; }

    /// <summary>False where no hardware translates (no-IOMMU mode): attaching programs nothing.</summary>
    bool Translates => true;

    /// <param name="device">The device.</param>
    /// <param name="type">Which structure is asked for; <see cref="HwInfoType.None"/> is the variant's own.</param>
    /// <returns>EOPNOTSUPP for a type that it has not.</returns>
    Result<HwInfo> HwInfo(PhysicalDevice device, HwInfoType type);

    DeviceCapabilities Capabilities(PhysicalDevice device);

    /// <summary>IOVAs that a device attached without PASID cannot use: interrupts, firmware's own mappings.</summary>
    IReadOnlyList<IovaRange> ReservedRegions(PhysicalDevice device) => [];

    /// <summary>Tables and tags for a paging domain.</summary>
    /// <returns>EOPNOTSUPP for a flag or data that the hardware cannot do; ENOMEM; ENOSPC when tags have run out.</returns>
    Result<IPagingDomain> AllocPaging(PhysicalDevice device, HwptAllocFlags flags, UserData data = default);

    /// <summary>What tells drivers of one kind from those of another (the identity of a struct iommu_ops).</summary>
    Type Kind => GetType();

    /// <summary>Whether it has <see cref="AllocNested"/>. Asked before the parent is looked at.</summary>
    bool SupportsNested => false;

    /// <summary>A first stage of the guest's on a parent, without a vIOMMU (domain_alloc_nested).</summary>
    /// <returns>EINVAL for a parent that is not its own; the variant's own errnos.</returns>
    Result<INestedDomain> AllocNested(PhysicalDevice device, IPagingDomain parent, HwptAllocFlags flags, UserData data) =>
        Errno.EOPNOTSUPP;

    /// <summary>
    /// Moves a device from one domain to another; null is blocked (no translation succeeds), and that cannot be refused. Asked for each
    /// device of a group in turn.
    /// </summary>
    /// <returns>
    /// EINVAL when the domain is another IOMMU's; the variant's own errnos. On success the plan that does it: nothing is done before it
    /// is run, and it is not run when another device of the group is refused.
    /// </returns>
    Result<IEnumerable<CommandBatch>> Attach(PhysicalDevice device, IDomain? from, IDomain? to);

    /// <summary>
    /// Moves one PASID (not 0) of a device from one domain to another; null is blocked. Asked for the devices of a group that have
    /// PASIDs; for the one that is attached when none has.
    /// </summary>
    /// <returns>As <see cref="Attach"/>; EOPNOTSUPP for a driver that has no PASIDs.</returns>
    Result<IEnumerable<CommandBatch>> AttachPasid(PhysicalDevice device, uint pasid, IDomain? from, IDomain? to) =>
        Errno.EOPNOTSUPP;

    /// <summary>Whether it has vIOMMUs of a type. Asked before the parent is looked at, on the caller's thread.</summary>
    bool SupportsViommu(PhysicalDevice device, ViommuType type) => false;

    /// <summary>
    /// A slice of this IOMMU for one guest. The stage 2 exists first and is the parent for the life of the vIOMMU.
    /// </summary>
    /// <returns>EINVAL for a parent that is not its own, or user data that does not fit; ENOSPC.</returns>
    Result<IViommuDriver> AllocViommu(
        PhysicalDevice device, IPagingDomain parent, UserData data, IViommuServices services) => Errno.EOPNOTSUPP;

    /// <summary>Tells a device how a group of page faults that it reported was answered: the plan that does it.</summary>
    IEnumerable<CommandBatch> RespondToFaults(PhysicalDevice device, IReadOnlyList<PageFault> group, PageResponseCode code) =>
        Plan.Nothing;
}
