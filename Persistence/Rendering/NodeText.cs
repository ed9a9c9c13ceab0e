using System.Buffers.Binary;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Persistence.Events;
using Iommu.Persistence.Graph;
using Iommu.Persistence.Mappings;

namespace Iommu.Persistence.Rendering;

/// <summary>How an object of the graph reads, in the words of iommufd.</summary>
public static class NodeText
{
    /// <summary>Type and id: <c>viommu 4</c>.</summary>
    public static string Title(GraphNode node) => $"{node.Type.Name()} {node.Id}";

    /// <summary>What the object was made with, a fact an item.</summary>
    /// <param name="node">The object.</param>
    /// <param name="areas">The areas of an IOAS; null for any other object.</param>
    public static IEnumerable<string> Details(GraphNode node, AreaTable? areas) => node.Origin switch
    {
        DeviceBound bound => [bound.Name, .. Attachments(node)],
        IoasAllocated => [Summary(areas), .. Settings(areas)],
        HwptPagingAllocated hwpt =>
            [.. Flags(hwpt, node.TracksDirty), $"for {hwpt.DeviceName}", .. Faults(hwpt.FaultQueue)],
        HwptNestedAllocated nested =>
            [DataType(nested.DataType), .. StreamTableEntry(nested), .. For(nested.DeviceName), .. Faults(nested.FaultQueue)],
        ViommuAllocated viommu => [ViommuTypeName(viommu.ViommuType), $"on {viommu.DeviceName}"],
        VdeviceAllocated vdevice => [$"device {vdevice.Device}", $"virtual id 0x{vdevice.VirtualId:x}"],
        VeventqAllocated queue => [VeventqTypeName(queue.QueueType), $"depth {queue.Depth}"],
        HwQueueAllocated queue => [HwQueueTypeName(queue.QueueType), $"index {queue.Index}", .. Ring(queue)],
        AccessCreated access => [access.PinsPages ? "pins" : "does not pin"],
        SelftestCreated selftest => [$"owns device {selftest.Device}"],
        _ => [],
    };

    /// <summary>One area: IOVAs, rights, and the process's memory, or the part of a file, behind it.</summary>
    public static string Area(Area area, bool takenAway = false) =>
        $"0x{area.Iova:x}..0x{area.Last:x} {Rights(area)} at 0x{area.UserAddress:x}{File(area.Pages.File)} "
        + $"({Bytes(area.LengthBytes)}){(takenAway ? ", taken away" : "")}";

    /// <summary>A length in the largest binary unit that divides it.</summary>
    public static string Bytes(ulong length)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB"];
        var unit = 0;
        for (; unit < units.Length - 1 && length >= 1024 && length % 1024 == 0; unit++) length /= 1024;
        return $"{length} {units[unit]}";
    }

    private static IEnumerable<string> Attachments(GraphNode device)
    {
        if (device.Attachments.Count == 0) yield return "not attached";
        foreach (var (pasid, hwpt) in device.Attachments)
            yield return pasid == 0 ? $"attached to {hwpt}" : $"pasid {pasid} attached to {hwpt}";
    }

    private static string Summary(AreaTable? areas)
    {
        if (areas is null || areas.Count == 0) return "no areas";
        var total = areas.Areas.Aggregate(0UL, (sum, area) => unchecked(sum + area.LengthBytes));
        return $"{areas.Count} {(areas.Count == 1 ? "area" : "areas")}, {Bytes(total)}";
    }

    private static IEnumerable<string> Settings(AreaTable? areas)
    {
        if (areas is { LargePages: false }) yield return "no large pages";
        foreach (var range in areas?.Allowed ?? []) yield return $"allowed 0x{range.Start:x}..0x{range.Last:x}";
        foreach (var range in areas?.Reserved ?? []) yield return $"reserved 0x{range.Start:x}..0x{range.Last:x}";
    }

    private static string File(ulong number) => number switch
    {
        0 => "",
        AreaPages.FileWithoutMemory => " of a file without memory",
        _ => $" of file {number}",
    };

    private static string Rights(Area area) =>
        (area.Access.HasFlag(Hardware.Access.Read) ? "r" : "-") + (area.Access.HasFlag(Hardware.Access.Write) ? "w" : "-");

    private static IEnumerable<string> Flags(HwptPagingAllocated hwpt, bool tracksDirty)
    {
        if (hwpt.Flags.HasFlag(HwptAllocFlags.NestParent)) yield return "nest parent";
        if (hwpt.Flags.HasFlag(HwptAllocFlags.DirtyTracking)) yield return tracksDirty ? "dirty tracking on" : "dirty tracking";
        if (hwpt.Flags.HasFlag(HwptAllocFlags.Pasid)) yield return "pasid";
        if (hwpt.Auto) yield return "auto";
    }

    private static IEnumerable<string> For(string? deviceName) => deviceName is null ? [] : [$"for {deviceName}"];

    private static IEnumerable<string> Ring(HwQueueAllocated queue)
    {
        yield return $"ring at 0x{queue.Iova:x} ({Bytes(queue.LengthBytes)})";
        if (queue.DependsOnQueue != ObjectId.None) yield return $"after {queue.DependsOnQueue}";
    }

    private static IEnumerable<string> StreamTableEntry(HwptNestedAllocated nested)
    {
        if (nested.DataType != HwptDataType.ArmSmmuv3 || nested.Data.Length < 16) yield break;
        var low = BinaryPrimitives.ReadUInt64LittleEndian(nested.Data);
        var high = BinaryPrimitives.ReadUInt64LittleEndian(nested.Data.AsSpan(8));
        yield return $"ste 0x{low:x} 0x{high:x}";
    }

    private static IEnumerable<string> Faults(ObjectId queue) => queue == ObjectId.None ? [] : [$"faults to {queue}"];

    private static string VeventqTypeName(VeventqType type) => type switch
    {
        VeventqType.ArmSmmuv3 => "smmuv3 events",
        VeventqType.Tegra241Cmdqv => "tegra241-cmdqv events",
        VeventqType.Amd => "amd events",
        VeventqType.VtdDirect => "vtd-direct events",
        _ => $"events of type {(uint)type}",
    };

    private static string DataType(HwptDataType type) => type switch
    {
        HwptDataType.ArmSmmuv3 => "smmuv3",
        HwptDataType.VtdS1 => "vt-d",
        HwptDataType.AmdGuest => "amd",
        HwptDataType.VtdDirectS1 => "vt-d direct",
        HwptDataType.Selftest => "selftest",
        _ => $"data type {(uint)type}",
    };

    private static string ViommuTypeName(ViommuType type) => type switch
    {
        ViommuType.ArmSmmuv3 => "smmuv3",
        ViommuType.Tegra241Cmdqv => "tegra241-cmdqv",
        ViommuType.Amd => "amd",
        ViommuType.VtdDirect => "vt-d direct",
        ViommuType.Selftest => "selftest",
        _ => $"type {(uint)type}",
    };

    private static string HwQueueTypeName(HwQueueType type) => type switch
    {
        HwQueueType.Tegra241Cmdqv => "tegra241-cmdqv",
        HwQueueType.AmdCommandBuffer => "amd command buffer",
        HwQueueType.AmdEventLog => "amd event log",
        HwQueueType.AmdPprLog => "amd PPR log",
        HwQueueType.VtdInvalidation => "vt-d invalidation",
        HwQueueType.Selftest => "selftest",
        _ => $"type {(uint)type}",
    };
}
