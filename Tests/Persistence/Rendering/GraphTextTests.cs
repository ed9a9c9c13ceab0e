using Iommu.Hardware;
using Iommu.Messages;
using Iommu.Persistence.Events;
using Iommu.Persistence.Graph;
using Iommu.Persistence.Mappings;
using Iommu.Persistence.Rendering;

namespace Iommu.Tests.Persistence.Rendering;

public class GraphTextTests
{
    [Fact]
    public void A_context_reads_as_a_tree_from_the_ioas_to_the_devices() => Assert.Equal(
        """
        context guest: open, 7 objects, 10 events
        ├─ ioas 2: 2 areas, 32772 KiB, users 2
        │  │ 0x40000000..0x41ffffff rw at 0x7f0000000000 (32 MiB)
        │  │ 0x90000000..0x90000fff r- at 0x7f1000000000 (4 KiB)
        │  └─ hwpt-paging 3: nest parent, for 0000:00:05.0, users 2
        │     └─ viommu 4: smmuv3, on 0000:00:05.0, users 3
        │        ├─ hwpt-nested 5: smmuv3, ste 0xd 0x2, users 2
        │        │  └─ device 1: 0000:00:05.0, attached to 5, users 3
        │        └─ vdevice 6: device 1, virtual id 0x10, users 1
        └─ device 7: a "quoted" <name>, not attached, users 2
        tombstones: 8

        """, Text(SampleContext.State()));

    [Fact]
    public void A_closed_context_says_that_its_objects_are_those_before_its_close() =>
        Assert.StartsWith("context guest: closed, 7 objects before its close, 10 events\n", Text(SampleContext.State(open: false)));

    [Fact]
    public void An_object_whose_parent_is_gone_is_shown_all_the_same()
    {
        var graph = new ObjectGraph();
        graph.Apply(new HwptPagingAllocated(new(3), new(2), "device", default, Auto: true));

        var text = Text(new ContextState("guest", true, 1, graph, new Dictionary<ObjectId, AreaTable>()));

        Assert.Equal("context guest: open, 1 object, 1 event\n└─ hwpt-paging 3: auto, for device, users 1\n", text);
    }

    [Fact]
    public void A_device_stands_below_its_lowest_pasid_and_names_every_attachment()
    {
        var graph = new ObjectGraph();
        foreach (var happened in SampleContext.WithPasids) graph.Apply(happened);

        var text = Text(new ContextState("guest", true, 6, graph, new Dictionary<ObjectId, AreaTable>()));

        Assert.EndsWith(
            """
            └─ ioas 2: no areas, users 3
               ├─ hwpt-paging 3: pasid, for device, users 2
               │  └─ device 1: device, pasid 5 attached to 3, pasid 9 attached to 4, users 2
               └─ hwpt-paging 4: pasid, for device, users 2

            """, text);
    }

    [Fact]
    public void An_access_stands_below_its_ioas_and_a_selftest_object_names_its_device()
    {
        var graph = new ObjectGraph();
        foreach (var happened in new GraphEvent[]
        {
            new IoasAllocated(new(1), "stream"), new SelftestCreated(new(2), new(3)),
            new DeviceBound(new(3), "iommufd_mock0", new(2)), new AccessCreated(new(4), true), new AccessAttached(new(4), new(1)),
        }) graph.Apply(happened);

        var text = Text(new ContextState("guest", true, 5, graph, new Dictionary<ObjectId, AreaTable>()));

        Assert.EndsWith(
            """
            ├─ ioas 1: no areas, users 2
            │  └─ access 4: pins, users 2
            ├─ selftest 2: owns device 3, users 1
            └─ device 3: iommufd_mock0, not attached, users 2

            """, text);
    }

    [Fact]
    public void Of_many_areas_the_first_are_shown_and_the_others_counted()
    {
        var graph = new ObjectGraph();
        graph.Apply(new IoasAllocated(new(1), "stream"));
        var areas = new AreaTable();
        for (var i = 0UL; i < 20; i++) areas.Apply(new AreaMapped(i << 20, 0x1000, 0, Access.Read));

        var text = Text(new ContextState("guest", true, 1, graph, new Dictionary<ObjectId, AreaTable> { [new(1)] = areas }));

        Assert.Contains("ioas 1: 20 areas, 80 KiB", text);
        Assert.EndsWith("0x700000..0x700fff r- at 0x0 (4 KiB)\n     and 12 more areas\n", text);
    }

    [Fact]
    public void An_ioas_says_what_is_allowed_and_reserved_and_which_areas_are_of_files()
    {
        var graph = new ObjectGraph();
        graph.Apply(new IoasAllocated(new(1), "stream"));
        var areas = new AreaTable();
        foreach (var happened in new MappingEvent[]
        {
            new LargePagesSet(Enabled: false), new IovasAllowed([new(0x1000, 0xffffff)]), new IovasReserved(0x8000000, 0x80fffff),
            new AreaMapped(0x1000, 0x1000, 0x2000, Access.Read, Pages: 1, File: 7, PagesLengthBytes: 0x3000),
            new AreaMapped(0x5000, 0x1000, 0, Access.Write, Pages: 2, File: 8, PagesLengthBytes: 0x1000), new PagesRevoked(2),
        }) areas.Apply(happened);

        var text = Text(new ContextState("guest", true, 1, graph, new Dictionary<ObjectId, AreaTable> { [new(1)] = areas }));

        Assert.Contains("ioas 1: 2 areas, 8 KiB, no large pages, allowed 0x1000..0xffffff, reserved 0x8000000..0x80fffff", text);
        Assert.Contains("0x1000..0x1fff r- at 0x2000 of file 7 (4 KiB)\n", text);
        Assert.EndsWith("0x5000..0x5fff -w at 0x0 of file 8 (4 KiB), taken away\n", text);
    }

    [Fact]
    public void Every_object_of_any_graph_is_shown_once()
    {
        for (var seed = 0; seed < 50; seed++)
        {
            var graph = Graph.RandomGraph.OfEvents(seed, 100).Graph;

            var text = Text(new ContextState("guest", true, 0, graph, new Dictionary<ObjectId, AreaTable>()));

            foreach (var node in graph.Nodes)
                Assert.True(text.Split($"─ {NodeText.Title(node)}: ").Length == 2, $"seed {seed}: {NodeText.Title(node)}\n{text}");
        }
    }

    [Theory]
    [InlineData(0UL, "0 B")]
    [InlineData(1UL, "1 B")]
    [InlineData(1024UL, "1 KiB")]
    [InlineData(1536UL, "1536 B")]
    [InlineData(1UL << 30, "1 GiB")]
    [InlineData(3UL << 50, "3072 TiB")]
    public void A_length_reads_in_the_largest_unit_that_divides_it(ulong length, string text) => Assert.Equal(text, NodeText.Bytes(length));

    private static string Text(ContextState context)
    {
        var output = new StringWriter { NewLine = "\n" };
        new GraphText(output).Write(context);
        return output.ToString();
    }
}
