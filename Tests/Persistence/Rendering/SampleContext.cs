using Iommu.Hardware;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Persistence.Events;
using Iommu.Persistence.Graph;
using Iommu.Persistence.Mappings;

namespace Iommu.Tests.Persistence.Rendering;

/// <summary>A nested guest: one device on a nested HWPT with its vDEVICE, one device unattached, two areas.</summary>
public static class SampleContext
{
    public static IReadOnlyList<GraphEvent> Events { get; } =
    [
        new DeviceBound(new(1), "0000:00:05.0"),
        new IoasAllocated(new(2), "iommu/ioas/guest/2.1"),
        new HwptPagingAllocated(new(3), new(2), "0000:00:05.0", HwptAllocFlags.NestParent, false),
        new ViommuAllocated(new(4), new(3), "0000:00:05.0", ViommuType.ArmSmmuv3, []),
        new HwptNestedAllocated(new(5), new(4), HwptDataType.ArmSmmuv3, [0x0d, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]),
        new VdeviceAllocated(new(6), new(4), new(1), 0x10),
        new DeviceAttached(new(1), new(5)),
        new DeviceBound(new(7), "a \"quoted\" <name>"),
        new VdeviceAllocated(new(8), new(4), new(7), 0x21),
        new VdeviceTombstoned(new(8)),
    ];

    /// <summary>A device that is attached by two PASIDs and not by itself.</summary>
    public static IReadOnlyList<GraphEvent> WithPasids { get; } =
    [
        new DeviceBound(new(1), "device"),
        new IoasAllocated(new(2), "stream"),
        new HwptPagingAllocated(new(3), new(2), "device", HwptAllocFlags.Pasid, false),
        new HwptPagingAllocated(new(4), new(2), "device", HwptAllocFlags.Pasid, false),
        new DeviceAttached(new(1), new(4), 9),
        new DeviceAttached(new(1), new(3), 5),
    ];

    public static IReadOnlyList<MappingEvent> Mappings { get; } =
    [
        new AreaMapped(0x4000_0000, 0x200_0000, 0x7f00_0000_0000, Access.ReadWrite),
        new AreaMapped(0x9000_0000, 0x1000, 0x7f10_0000_0000, Access.Read),
    ];

    public static ContextState State(bool open = true)
    {
        var graph = new ObjectGraph();
        foreach (var happened in Events) graph.Apply(happened);
        var areas = new AreaTable();
        foreach (var happened in Mappings) areas.Apply(happened);
        return new ContextState("guest", open, Events.Count, graph, new Dictionary<ObjectId, AreaTable> { [new(2)] = areas });
    }
}
