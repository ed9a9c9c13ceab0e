using Iommu.Hardware.Queues;

namespace Iommu.Hardware.Drivers;

/// <summary>
/// What a device can be attached to: translation tables and the tags that its cached translations carry.
/// </summary>
public interface IDomain
{
    /// <summary>The IOMMU instance that it was allocated for.</summary>
    IIommuDriver Iommu { get; }

    /// <summary>Flushes and gives back tags and tables. Only when no device is attached; batch by batch, see <see cref="Plan"/>.</summary>
    IEnumerable<CommandBatch> Free();
}
