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

    /// <summary>How pins are charged (<see cref="RlimitModeSet"/>); null when nobody has chosen.</summary>
    public ulong? RlimitMode { get; private set; }

    /// <summary>The IOAS of the VFIO compatibility calls; <see cref="ObjectId.None"/> when there is none.</summary>
    public ObjectId VfioIoas { get; private set; }

    /// <summary>Whether the VFIO compatibility calls are in no-IOMMU mode.</summary>
    public bool VfioNoIommu { get; private set; }

    /// <summary>Whether something is left of it that is no object: tombstones, or what was set.</summary>
    public bool IsMarked => _tombstones.Count > 0 || RlimitMode is not null || VfioNoIommu;

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
                if (VfioIoas == destroyed.Id) VfioIoas = ObjectId.None;
                break;
            case VdeviceTombstoned tombstoned:
                _nodes.Remove(tombstoned.Id.Value);
                _tombstones.Add(tombstoned.Id.Value);
                break;
            case TombstonesCleared:
                _tombstones.Clear();
                (RlimitMode, VfioNoIommu) = (null, false);
                break;
            case DeviceAttached attached:
                _nodes.GetValueOrDefault(attached.Device.Value)?.Attach(attached.Pasid, attached.Hwpt);
                break;
            case DeviceDetached detached:
                _nodes.GetValueOrDefault(detached.Device.Value)?.Detach(detached.Pasid);
                break;
            case DirtyTrackingSet set:
                if (_nodes.TryGetValue(set.Hwpt.Value, out var hwpt)) hwpt.TracksDirty = set.Enabled;
                break;
            case AccessAttached attached:
                _nodes.GetValueOrDefault(attached.Access.Value)?.Attach(0, attached.Ioas);
                break;
            case AccessDetached detached:
                _nodes.GetValueOrDefault(detached.Access.Value)?.Detach(0);
                break;
            case VeventqSequenceReserved reserved:
                if (Find(reserved.Veventq) is { } queue) queue.NextSequence = reserved.Next;
                break;
            case RlimitModeSet set:
                RlimitMode = set.Mode;
                break;
            case VfioIoasSet set:
                VfioIoas = set.Ioas;
                break;
            case VfioNoIommuSet:
                VfioNoIommu = true;
                break;
        }
    }

    /// <summary>
    /// <c>users</c> of every object when no call is in flight (invariant I1): 1, 1 for each reference held on it, and 1 for the driver
    /// that owns a device or an access. What only the process holds, open event files and mappings, is not in a graph.
    /// </summary>
    public Dictionary<ObjectId, int> Users()
    {
        var users = _nodes.Values.ToDictionary(node => node.Id, node => 1 + OwnersOf(node.Type));
        foreach (var reference in _nodes.Values.SelectMany(node => node.References))
            if (users.TryGetValue(reference, out var count)) users[reference] = count + 1;
        return users;
    }

    /// <summary>1 for an object that a driver owns beside the context: a device, an access.</summary>
    public static int OwnersOf(ObjectType type) => type is ObjectType.Device or ObjectType.Access ? 1 : 0;

    /// <summary>Objects that no other one references.</summary>
    public IEnumerable<GraphNode> Unreferenced()
    {
        var referenced = _nodes.Values.SelectMany(node => node.References).ToHashSet();
        return _nodes.Values.Where(node => !referenced.Contains(node.Id));
    }

    /// <summary>
    /// What ends the parts that mock devices have left: those that were bound without their SELFTEST object, and those objects whose
    /// device is gone. Both came of a call that was never answered.
    /// </summary>
    public IEnumerable<GraphEvent> SelftestParts()
    {
        foreach (var node in _nodes.Values)
        {
            if (node.Origin is SelftestCreated owner && OwnerOf(owner.Device) != owner.Id) yield return new ObjectDestroyed(owner.Id);
            if (node.Origin is not DeviceBound { Selftest: var selftest } || selftest == ObjectId.None) continue;
            if (Find(selftest)?.Origin is SelftestCreated { Device: var device } && device == node.Id) continue;
            foreach (var vdevice in _nodes.Values.Where(other => other.Origin is VdeviceAllocated made && made.Device == node.Id))
                yield return new VdeviceTombstoned(vdevice.Id);
            foreach (var (pasid, hwpt) in node.Attachments)
            {
                yield return new DeviceDetached(node.Id, pasid);
                if (IsOnlyFor(hwpt, node.Id)) yield return new ObjectDestroyed(hwpt);
            }
            yield return new ObjectDestroyed(node.Id);
        }

        ObjectId OwnerOf(ObjectId device) => Find(device)?.Origin is DeviceBound bound ? bound.Selftest : ObjectId.None;
    }

    /// <summary>
    /// What ends the domains that attaches have made for themselves and nobody is on: a crash has cut off the attach before it was on its
    /// domain, or the detach before that was gone.
    /// </summary>
    public IEnumerable<GraphEvent> UnwantedDomains()
    {
        var referenced = _nodes.Values.SelectMany(node => node.References).ToHashSet();
        return _nodes.Values.Where(node => node.Origin is HwptPagingAllocated { Auto: true } && !referenced.Contains(node.Id))
            .Select(node => new ObjectDestroyed(node.Id));
    }

    /// <summary>Every object after all that it references: the order in which to build them.</summary>
    public IEnumerable<GraphNode> InBuildOrder()
    {
        var built = new HashSet<ObjectId>();
        var order = new List<GraphNode>(_nodes.Count);
        foreach (var node in _nodes.Values) Visit(node);
        return order;

        // A reference that leads nowhere, or round to where it came from, is no reason to leave an object out.
        void Visit(GraphNode node)
        {
            if (!built.Add(node.Id)) return;
            foreach (var reference in node.References)
                if (Find(reference) is { } referenced) Visit(referenced);
            order.Add(node);
        }
    }

    /// <summary>The shortest list of events that folds to this graph: what a snapshot holds.</summary>
    public IEnumerable<GraphEvent> ToEvents()
    {
        if (RlimitMode is { } mode) yield return new RlimitModeSet(mode);
        foreach (var node in InBuildOrder()) yield return node.Origin;
        foreach (var node in _nodes.Values)
        {
            if (node.TracksDirty) yield return new DirtyTrackingSet(node.Id, true);
            foreach (var (pasid, target) in node.Attachments)
                yield return node.Type == ObjectType.Access
                    ? new AccessAttached(node.Id, target) : new DeviceAttached(node.Id, target, pasid);
            if (node.NextSequence is { } next) yield return new VeventqSequenceReserved(node.Id, next);
        }
        if (VfioIoas != ObjectId.None) yield return new VfioIoasSet(VfioIoas);
        if (VfioNoIommu) yield return new VfioNoIommuSet();
        foreach (var id in Tombstones) yield return new VdeviceTombstoned(id);
    }

    // A domain that an attach made for itself goes with its last user.
    private bool IsOnlyFor(ObjectId hwpt, ObjectId device) =>
        Find(hwpt)?.Origin is HwptPagingAllocated { Auto: true }
        && !_nodes.Values.Any(node => node.Id != device && node.References.Contains(hwpt));
}
