using Iommu.Messages;
using Iommu.Persistence.Events;
using Iommu.Persistence.Graph;

namespace Iommu.Persistence.Rendering;

/// <summary>
/// The object graph as a tree, each object once: below the one that it is built on or attached to, a device by its lowest PASID. A
/// vDEVICE stands below its vIOMMU and names its device. An object whose parent is not in the graph is a root.
/// </summary>
public sealed class GraphTree
{
    private readonly ILookup<ObjectId, GraphNode> _children;

    public GraphTree(ObjectGraph graph) =>
        _children = graph.Nodes.ToLookup(node => graph.Find(Parent(node)) is null ? ObjectId.None : Parent(node));

    public IEnumerable<GraphNode> Roots => _children[ObjectId.None];

    public IEnumerable<GraphNode> Below(GraphNode node) => _children[node.Id];

    private static ObjectId Parent(GraphNode node) => node.Origin switch
    {
        DeviceBound or AccessCreated => node.Attachments.Values.FirstOrDefault(),
        VdeviceAllocated vdevice => vdevice.Viommu,
        var origin => origin.DependsOn.FirstOrDefault(),
    };
}
