using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;

namespace Iommu.Hardware.Amd.Driver;

/// <summary>
/// A domain made of a guest's device table entry and the host tables of its vIOMMU's parent, under the host domain id that stands for the
/// guest's.
/// </summary>
public sealed class AmdNestedDomain : INestedDomain
{
    private readonly AmdViommu _viommu;

    internal AmdNestedDomain(AmdViommu viommu, GuestDeviceEntry entry, ushort hostDomain) =>
        (_viommu, Entry, HostDomainId) = (viommu, entry, hostDomain);

    public IIommuDriver Iommu => _viommu.Iommu;

    public IViommuDriver Viommu => _viommu;

    /// <summary>The domain id in the device table: the vIOMMU's own where the guest's entry has none.</summary>
    public ushort HostDomainId { get; }

    internal GuestDeviceEntry Entry { get; }

    internal AmdViommu Owner => _viommu;

    public IEnumerable<CommandBatch> Free() => _viommu.FreeNested(this);
}
