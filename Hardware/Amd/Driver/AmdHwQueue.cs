using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages.Uapi;

namespace Iommu.Hardware.Amd.Driver;

/// <summary>A ring of the guest's that the IOMMU reads or writes without a trap: command buffer, event log or PPR log.</summary>
internal sealed class AmdHwQueue(AmdViommu viommu, HwQueueType type) : IHwQueueDriver
{
    public IEnumerable<CommandBatch> Free() => viommu.FreeQueue(type);
}
