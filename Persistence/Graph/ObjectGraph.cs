using Iommu.Messages;
using Iommu.Persistence.Events;

namespace Iommu.Persistence.Graph;

/// <summary>
/// The object graph of one context, as its events fold to it. Folding never fails: an event about an object that is not
/// there changes nothing.
/// </summary>
public sealed class ObjectGraph
{
    private readonly SortedDictionary<uint, GraphNode> _nodes = [];
    private readonly SortedSet<uint> _tombstones = [];

    public int Count => _nodes.Count;

    /// <summary>In the order of ids.</summary>
    public IEnumerable<GraphNode> Nodes => _nodes.Values;

    /// <summary>Ids of vDEVICEs that went with their device: taken, and visible to nobody.</summary>
    public IEnumerable<ObjectId> Tombstones => _tombstones.Select(id => new ObjectId(id));

    public GraphNode? Find(ObjectId id) => _nodes.GetValueOrDefault(id.Value);

    public void Apply(GraphEvent happened)
    {
        switch (happened)
        {
            case ObjectCreated created:
                _nodes[created.Id.Value] = new GraphNode(created);
                break;
            case ObjectDestroyed destroyed:
                _nodes.Remove(destroyed.Id.Value);
                break;
            case VdeviceTombstoned tombstoned:
                _nodes.Remove(tombstoned.Id.Value);
                _tombstones.Add(tombstoned.Id.Value);
                break;
            case TombstonesCleared:
                _tombstones.Clear();
                break;
            case DeviceAttached attached:
                Attach(attached.Device, attached.Hwpt);
                break;
            case DeviceDetached detached:
                Attach(detached.Device, ObjectId.None);
                break;
        }
    }

    /// <summary>
    /// <c>users</c> of every object when no call is in flight (invariant I1): 1, 1 for each reference held on it, and 1 for the open
    /// file of a bound device.
    /// </summary>
    public Dictionary<ObjectId, int> Users()
    {
        var users = _nodes.Values.ToDictionary(node => node.Id, node => node.Type == ObjectType.Device ? 2 : 1);
        foreach (var reference in _nodes.Values.SelectMany(node => node.References))
            if (users.TryGetValue(reference, out var count)) users[reference] = count + 1;
        return users;
    }

    /// <summary>Objects that no other one references.</summary>
    public IEnumerable<GraphNode> Unreferenced()
    {
        var referenced = _nodes.Values.SelectMany(node => node.References).ToHashSet();
        return _nodes.Values.Where(node => !referenced.Contains(node.Id));
    }

    /// <summary>Every object after all that it references: the order in which to build them.</summary>
    public IEnumerable<GraphNode> InBuildOrder() => _nodes.Values.OrderBy(node => BuildRank(node.Type)).ThenBy(node => node.Id.Value);

    /// <summary>The shortest list of events that folds to this graph: what a snapshot holds.</summary>
    public IEnumerable<GraphEvent> ToEvents()
    {
        foreach (var node in InBuildOrder()) yield return node.Origin;
        foreach (var node in _nodes.Values.Where(node => node.AttachedTo != ObjectId.None))
            yield return new DeviceAttached(node.Id, node.AttachedTo);
        foreach (var id in Tombstones) yield return new VdeviceTombstoned(id);
    }

    private static int BuildRank(ObjectType type) => type switch
    {
        ObjectType.Ioas => 0,
        ObjectType.HwptPaging => 1,
        ObjectType.Viommu => 2,
        ObjectType.HwptNested => 3,
        ObjectType.Device => 4,
        _ => 5,
    };

    private void Attach(ObjectId device, ObjectId hwpt)
    {
        if (_nodes.TryGetValue(device.Value, out var node)) node.AttachedTo = hwpt;
    }
}
