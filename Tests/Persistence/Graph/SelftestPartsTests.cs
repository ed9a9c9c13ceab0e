using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Persistence.Events;
using Iommu.Persistence.Graph;

namespace Iommu.Tests.Persistence.Graph;

public class SelftestPartsTests
{
    private static readonly ObjectId Ioas = new(1);
    private static readonly ObjectId Selftest = new(2);
    private static readonly ObjectId Device = new(3);
    private static readonly ObjectId Hwpt = new(4);

    private static readonly GraphEvent[] Made =
    [
        new DeviceBound(Device, "iommufd_mock0", Selftest),
        new HwptPagingAllocated(Hwpt, Ioas, "iommufd_mock0", HwptAllocFlags.None, Auto: true),
        new DeviceAttached(Device, Hwpt),
        new SelftestCreated(Selftest, Device),
    ];

    private static readonly GraphEvent[] Ended =
    [
        new DeviceDetached(Device), new ObjectDestroyed(Hwpt), new ObjectDestroyed(Device), new ObjectDestroyed(Selftest),
    ];

    [Fact]
    public void Wherever_a_crash_cuts_a_mock_device_off_it_is_whole_or_gone()
    {
        GraphEvent[] life = [.. Made, .. Ended];
        for (var cut = 0; cut <= life.Length; cut++)
        {
            var graph = After(life[..cut]);
            foreach (var ended in graph.SelftestParts().ToList()) graph.Apply(ended);
            Assert.Empty(graph.SelftestParts());
            Assert.Equal((cut, graph.Find(Selftest) is null), (cut, graph.Find(Device) is null));
            Assert.Equal((cut, cut >= Made.Length && cut < life.Length - 1), (cut, graph.Find(Selftest) is not null));
        }
    }

    [Fact]
    public void A_domain_that_another_device_is_on_stays()
    {
        var graph = After([.. Made[..3], new DeviceBound(new(9), "other"), new DeviceAttached(new(9), Hwpt)]);
        foreach (var ended in graph.SelftestParts().ToList()) graph.Apply(ended);
        Assert.Null(graph.Find(Device));
        Assert.Equal(Hwpt, graph.Find(new(9))!.AttachedTo);
        Assert.NotNull(graph.Find(Hwpt));
    }

    [Fact]
    public void A_graph_without_mock_devices_has_no_parts()
    {
        for (var seed = 0; seed < 50; seed++) Assert.Empty(RandomGraph.OfEvents(seed, 100).Graph.SelftestParts());
    }

    private static ObjectGraph After(IEnumerable<GraphEvent> events)
    {
        var graph = new ObjectGraph();
        graph.Apply(new IoasAllocated(Ioas, "stream"));
        foreach (var happened in events) graph.Apply(happened);
        return graph;
    }
}
