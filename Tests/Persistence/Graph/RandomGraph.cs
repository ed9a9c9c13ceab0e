using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Persistence.Events;
using Iommu.Persistence.Graph;

namespace Iommu.Tests.Persistence.Graph;

/// <summary>Events that a context could have journaled, one after the other, from a seed.</summary>
public sealed class RandomGraph(int seed)
{
    private readonly Random _random = new(seed);
    private uint _nextId = 1;

    public ObjectGraph Graph { get; } = new();

    public List<GraphEvent> Events { get; } = [];

    public static RandomGraph OfEvents(int seed, int events)
    {
        var graph = new RandomGraph(seed);
        for (var i = 0; i < events; i++) graph.Step();
        return graph;
    }

    public void Step()
    {
        var happened = Choose();
        if (happened is null) return;
        Events.Add(happened);
        Graph.Apply(happened);
    }

    private GraphEvent? Choose() => _random.Next(20) switch
    {
        0 => new DeviceBound(NewId(), $"device-{_nextId}"),
        1 => new IoasAllocated(NewId(), $"stream-{_nextId}"),
        2 => Any(ObjectType.Ioas) is { } ioas ? new HwptPagingAllocated(
            NewId(), ioas, "device", HwptAllocFlags.NestParent, _random.Next(2) == 0, FaultQueueOrNone()) : null,
        3 => Any(ObjectType.HwptPaging) is { } hwpt ? new ViommuAllocated(NewId(), hwpt, "device", ViommuType.ArmSmmuv3, []) : null,
        4 => Any(ObjectType.Viommu) is { } viommu ? new HwptNestedAllocated(
            NewId(), viommu, HwptDataType.ArmSmmuv3, [1, 2], FaultQueue: FaultQueueOrNone()) : null,
        5 => Any(ObjectType.Viommu) is { } viommu && Any(ObjectType.Device) is { } device
            ? new VdeviceAllocated(NewId(), viommu, device, _nextId) : null,
        6 => Any(ObjectType.Device) is { } device && (Any(ObjectType.HwptNested) ?? Any(ObjectType.HwptPaging)) is { } target
            ? new DeviceAttached(device, target, Pasid()) : null,
        7 => Any(ObjectType.Device) is { } device ? new DeviceDetached(device, Pasid()) : null,
        8 => new FaultQueueAllocated(NewId()),
        9 => Any(ObjectType.Viommu) is { } viommu ? new VeventqAllocated(NewId(), viommu, VeventqType.ArmSmmuv3, 8) : null,
        10 => Any(ObjectType.Viommu) is { } viommu ? new HwQueueAllocated(NewId(), viommu, HwQueueType.Selftest, 0, 0x1000, 64,
            Any(ObjectType.HwQueue) ?? ObjectId.None) : null,
        11 => new AccessCreated(NewId(), _random.Next(2) == 0),
        12 => Any(ObjectType.Access) is { } access && Any(ObjectType.Ioas) is { } ioas ? new AccessAttached(access, ioas) : null,
        13 => Any(ObjectType.Access) is { } access ? new AccessDetached(access) : null,
        14 => new RlimitModeSet((ulong)_random.Next(2)),
        15 => new VfioIoasSet(Any(ObjectType.Ioas) ?? ObjectId.None),
        16 => Any(ObjectType.HwptPaging) is { } hwpt ? new DirtyTrackingSet(hwpt, _random.Next(2) == 0) : null,
        17 => new VfioNoIommuSet(),
        18 => Any(ObjectType.Veventq) is { } queue ? new VeventqSequenceReserved(queue, (uint)_random.Next()) : null,
        _ => Removal(),
    };

    private uint Pasid() => (uint)_random.Next(3);

    private ObjectId FaultQueueOrNone() => _random.Next(2) == 0 ? Any(ObjectType.Fault) ?? ObjectId.None : ObjectId.None;

    private GraphEvent? Removal()
    {
        var free = Graph.Unreferenced().Where(node => node.Attachments.Count == 0).ToList();
        if (free.Count == 0) return null;
        var node = free[_random.Next(free.Count)];
        return node.Type == ObjectType.Vdevice && _random.Next(2) == 0 ? new VdeviceTombstoned(node.Id) : new ObjectDestroyed(node.Id);
    }

    private ObjectId NewId() => new(_nextId++);

    private ObjectId? Any(ObjectType type)
    {
        var nodes = Graph.Nodes.Where(node => node.Type == type).ToList();
        return nodes.Count == 0 ? null : nodes[_random.Next(nodes.Count)].Id;
    }
}
