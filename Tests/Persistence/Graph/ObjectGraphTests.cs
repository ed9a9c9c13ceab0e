using Iommu.Messages;
using Iommu.Persistence.Events;
using Iommu.Persistence.Graph;

namespace Iommu.Tests.Persistence.Graph;

public class ObjectGraphTests
{
    private const int Seeds = 200;
    private const int EventsPerSeed = 120;

    [Fact]
    public void The_events_of_a_graph_fold_to_the_same_graph() => ForEverySeed(random =>
    {
        var again = Fold(random.Graph.ToEvents());

        Assert.Equal(Describe(random.Graph), Describe(again));
    });

    [Fact]
    public void No_list_of_events_that_folds_to_a_graph_is_shorter() => ForEverySeed(random =>
    {
        var attached = random.Graph.Nodes.Sum(node => node.Attachments.Count + (node.TracksDirty ? 1 : 0));
        var numbered = random.Graph.Nodes.Count(node => node.NextSequence is not null);
        var settings = (random.Graph.RlimitMode is null ? 0 : 1) + (random.Graph.VfioIoas == ObjectId.None ? 0 : 1)
            + (random.Graph.VfioNoIommu ? 1 : 0);

        Assert.Equal(
            random.Graph.Count + attached + numbered + settings + random.Graph.Tombstones.Count(), random.Graph.ToEvents().Count());
    });

    [Fact]
    public void Users_are_one_and_one_for_each_reference_and_one_for_the_driver_of_a_device_or_an_access() => ForEverySeed(random =>
    {
        foreach (var (id, users) in random.Graph.Users())
        {
            var dependants = random.Graph.Nodes.Sum(node => Held(node).Count(held => held == id));
            var owner = random.Graph.Find(id)!.Type is ObjectType.Device or ObjectType.Access ? 1 : 0;

            Assert.Equal(1 + dependants + owner, users);
        }
    });

    [Fact]
    public void An_object_is_unreferenced_exactly_when_nobody_uses_it() => ForEverySeed(random =>
    {
        var users = random.Graph.Users();
        var unused = random.Graph.Nodes.Where(node => users[node.Id] == (node.Type is ObjectType.Device or ObjectType.Access ? 2 : 1));

        Assert.Equal(unused, random.Graph.Unreferenced());
    });

    [Fact]
    public void The_build_order_has_every_object_after_what_it_depends_on_and_attaches_to() => ForEverySeed(random =>
    {
        var built = new HashSet<ObjectId>();
        foreach (var node in random.Graph.InBuildOrder())
        {
            Assert.All(node.References, held => Assert.Contains(held, built));
            built.Add(node.Id);
        }
        Assert.Equal(random.Graph.Count, built.Count);
    });

    [Fact]
    public void An_event_about_an_object_that_is_not_there_changes_nothing()
    {
        var graph = Fold([new ObjectDestroyed(new(7)), new DeviceAttached(new(1), new(2)), new DeviceDetached(new(1))]);

        Assert.Equal(0, graph.Count);
        Assert.Empty(graph.Tombstones);
    }

    [Fact]
    public void A_tombstone_stays_until_the_journal_ends()
    {
        var graph = Fold([new VdeviceAllocated(new(3), new(2), new(1), 9), new VdeviceTombstoned(new(3))]);

        Assert.Null(graph.Find(new(3)));
        Assert.Equal([new ObjectId(3)], graph.Tombstones);
        Assert.Equal([new VdeviceTombstoned(new(3))], graph.ToEvents());
    }

    [Fact]
    public void A_history_shows_the_objects_that_were_there_before_all_went() => ForEverySeed(random =>
    {
        var history = new GraphHistory();
        foreach (var happened in random.Events) history.Apply(happened);
        history.Apply(new IoasAllocated(new(100_000), "last"));
        random.Graph.Apply(new IoasAllocated(new(100_000), "last"));
        var before = Describe(random.Graph);
        foreach (var id in random.Graph.Nodes.Select(node => node.Id).ToList())
        {
            history.Apply(new DeviceDetached(id));
            history.Apply(new ObjectDestroyed(id));
        }

        Assert.Equal(before, Describe(history.BeforeTheEnd()));
    });

    private static IEnumerable<ObjectId> Held(GraphNode node) => node.Origin switch
    {
        DeviceBound or AccessCreated => node.Attachments.Values,
        HwptPagingAllocated { FaultQueue.Value: > 0 } hwpt => [hwpt.Ioas, hwpt.FaultQueue],
        HwptPagingAllocated hwpt => [hwpt.Ioas],
        ViommuAllocated viommu => [viommu.Hwpt],
        HwptNestedAllocated { FaultQueue.Value: > 0 } nested => [nested.Viommu, nested.FaultQueue],
        HwptNestedAllocated nested => [nested.Viommu],
        VeventqAllocated queue => [queue.Viommu],
        HwQueueAllocated { DependsOnQueue.Value: > 0 } queue => [queue.Viommu, queue.DependsOnQueue],
        HwQueueAllocated queue => [queue.Viommu],
        VdeviceAllocated vdevice => [vdevice.Viommu, vdevice.Device],
        _ => [],
    };

    private static void ForEverySeed(Action<RandomGraph> check)
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            try
            {
                check(RandomGraph.OfEvents(seed, EventsPerSeed));
            }
            catch (Exception e)
            {
                Assert.Fail($"seed {seed}: {e.Message}");
            }
        }
    }

    private static ObjectGraph Fold(IEnumerable<GraphEvent> events)
    {
        var graph = new ObjectGraph();
        foreach (var happened in events) graph.Apply(happened);
        return graph;
    }

    private static IEnumerable<string> Describe(ObjectGraph graph) => graph.Nodes
        .Select(node => $"{node.Origin} -> {string.Join(',', node.Attachments)} {node.TracksDirty}")
        .Append($"rlimit mode {graph.RlimitMode}, vfio ioas {graph.VfioIoas}, no-IOMMU {graph.VfioNoIommu}")
        .Concat(graph.Tombstones.Select(id => $"tombstone {id}"));
}
