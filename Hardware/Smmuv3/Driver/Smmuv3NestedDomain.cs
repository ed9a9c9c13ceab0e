using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;

namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>A domain made of a guest's stream table entry (its first two words) and the stage 2 of its vIOMMU's parent.</summary>
public sealed class Smmuv3NestedDomain : INestedDomain
{
    private readonly Smmuv3Viommu _viommu;

    internal Smmuv3NestedDomain(Smmuv3Viommu viommu, GuestStreamEntry entry) => (_viommu, Entry) = (viommu, entry);

    public IIommuDriver Iommu => _viommu.Iommu;

    public IViommuDriver Viommu => _viommu;

    public GuestStreamEntry Entry { get; }

    internal Smmuv3Viommu Owner => _viommu;

    /// <summary>Nothing: tables and tags are the guest's and the vIOMMU's.</summary>
    public IEnumerable<CommandBatch> Free() => Plan.Nothing;
}
