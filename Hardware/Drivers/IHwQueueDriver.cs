using Iommu.Hardware.Queues;

namespace Iommu.Hardware.Drivers;

/// <summary>A guest's ring that hardware drains: what a vIOMMU's driver makes for an HW_QUEUE.</summary>
public interface IHwQueueDriver
{
    /// <summary>Another queue of the vIOMMU that must not be destroyed before this one; null when there is none.</summary>
    IHwQueueDriver? DependsOn => null;

    /// <summary>Stops the hardware and gives the queue's index back; the ring is not read after the plan has ended.</summary>
    IEnumerable<CommandBatch> Free();
}
