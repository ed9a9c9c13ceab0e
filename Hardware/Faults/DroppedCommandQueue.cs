using Iommu.Hardware.Queues;

namespace Iommu.Hardware.Faults;

/// <summary>Fault: an invalidation never reaches the hardware, yet its synchronization completes.</summary>
/// <inheritdoc cref="CommandFault"/>
public sealed class DroppedCommandQueue(ICommandQueue inner, CommandSet set, Victims victims, bool isGuests = false)
    : CommandFault(inner, set, victims, isGuests);
