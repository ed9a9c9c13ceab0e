using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Contexts;
using Iommu.Actors.Core.Ioas;
using Iommu.Hardware;
using Iommu.Messages;
using Iommu.Persistence.Events;
using Iommu.Persistence.Graph;

namespace Iommu.TestKit.Model;

/// <summary>What a context of the simulator is, in the words of <see cref="ModelText"/>.</summary>
internal static class SimulatorState
{
    public static async Task<string> DescribeAsync(IommufdContext context)
    {
        var (lines, ioases) = ((List<string>, Dictionary<int, IActorRef>))await context.Actor.Ask<object>(
            new InspectContext(state => Lines(state)));
        foreach (var (at, ioas) in ioases.OrderByDescending(entry => entry.Key))
            lines.InsertRange(at + 1, await ioas.Ask<List<string>>(new Inspect(o => Areas((IoPagetable)o.State!))));
        return string.Concat(lines.Select(line => line + Environment.NewLine));
    }

    private static (List<string>, Dictionary<int, IActorRef>) Lines(ContextInspection state)
    {
        var lines = new List<string>();
        var ioases = new Dictionary<int, IActorRef>();
        foreach (var node in state.Graph.Nodes)
        {
            if (node.Type == ObjectType.Ioas) ioases[lines.Count] = state.Objects[node.Id];
            lines.Add(ModelText.Object(node.Id.Value, node.Type, node.Type == ObjectType.Device ? [] : node.References, What(node)));
        }
        var tombstones = state.Graph.Tombstones.ToList();
        if (tombstones.Count > 0) lines.Add($"tombstones {string.Join(", ", tombstones)}");
        if (state.Graph.VfioIoas != ObjectId.None) lines.Add($"vfio {state.Graph.VfioIoas}");
        if (state.Graph.RlimitMode is 1) lines.Add("pins are the process's");
        return (lines, ioases);
    }

    private static string What(GraphNode node) => node.Origin switch
    {
        DeviceBound bound => $" {bound.Name}{string.Concat(node.Attachments.Select(entry => $" {entry.Key}:{entry.Value}"))}",
        HwptPagingAllocated { Auto: true } => " auto",
        HwptPagingAllocated when node.TracksDirty => " tracking",
        VdeviceAllocated vdevice => $" {vdevice.VirtualId:x}",
        _ => "",
    };

    private static List<string> Areas(IoPagetable pagetable) =>
    [
        .. pagetable.Areas.Select(area => area.Describe()).Select(area => ModelText.Area(
            area.Iova, area.Last, area.UserAddress, area.Access.HasFlag(Access.Read), area.Access.HasFlag(Access.Write))),
        .. pagetable.Allowed.Select(range => $"  allowed {ModelText.Of(range)}"),
        .. pagetable.LargePages ? [] : (string[])["  small pages"],
    ];
}
