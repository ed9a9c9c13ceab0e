using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Persistence.Events;
using Iommu.Persistence.Graph;
using Iommu.Persistence.Rendering;

namespace Iommu.Tests.Persistence.Rendering;

public class NodeTextTests
{
    [Fact]
    public void An_event_queue_tells_its_type_and_depth_and_an_HWPT_its_fault_queue()
    {
        Assert.Equal("veventq 8: smmuv3 events, depth 64", Text(new VeventqAllocated(new(8), new(4), VeventqType.ArmSmmuv3, 64)));
        Assert.Equal("veventq 9: tegra241-cmdqv events, depth 1", Text(new VeventqAllocated(new(9), new(4), VeventqType.Tegra241Cmdqv, 1)));
        Assert.Equal("veventq 9: events of type 3203383023, depth 1", Text(new VeventqAllocated(new(9), new(4), VeventqType.Selftest, 1)));
        Assert.Equal("fault 7: ", Text(new FaultQueueAllocated(new(7))));
        Assert.Equal("hwpt-paging 3: for dev, faults to 7", Text(
            new HwptPagingAllocated(new(3), new(2), "dev", HwptAllocFlags.FaultIdValid, false, new(7))));
        Assert.EndsWith("faults to 7", Text(
            new HwptNestedAllocated(new(5), new(4), HwptDataType.ArmSmmuv3, [], HwptAllocFlags.FaultIdValid, new(7))));
    }

    private static string Text(ObjectCreated created)
    {
        var graph = new ObjectGraph();
        graph.Apply(created);
        var node = graph.Find(created.Id)!;
        return $"{NodeText.Title(node)}: {string.Join(", ", NodeText.Details(node, null))}";
    }
}
