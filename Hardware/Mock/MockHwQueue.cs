using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;

namespace Iommu.Hardware.Mock;

/// <summary>A hardware queue that drains nothing: it has its index, and keeps the one below it from being destroyed.</summary>
internal sealed class MockHwQueue(MockViommu viommu, uint index, MockHwQueue? below) : IHwQueueDriver
{
    public uint Index => index;

    public IHwQueueDriver? DependsOn => below;

    public IEnumerable<CommandBatch> Free()
    {
        viommu.Free(this);
        yield break;
    }
}
