using Iommu.Persistence.Graph;

namespace Iommu.Persistence.Rendering;

/// <summary>Contexts as plain text: a tree each, an object a line, with details and <c>users</c> when no call is in flight.</summary>
public sealed class GraphText(TextWriter output)
{
    private const int AreasMax = 8;

    public void Write(ContextState context)
    {
        var users = context.Graph.Users();
        var tree = new GraphTree(context.Graph);
        output.WriteLine(Heading(context));
        var roots = tree.Roots.ToList();
        for (var i = 0; i < roots.Count; i++) WriteNode(roots[i], "", i == roots.Count - 1);
        if (context.Graph.Tombstones.Any()) output.WriteLine($"tombstones: {string.Join(", ", context.Graph.Tombstones)}");

        void WriteNode(GraphNode node, string indent, bool last)
        {
            var areas = context.Mappings.GetValueOrDefault(node.Id);
            var facts = NodeText.Details(node, areas).Append($"users {users[node.Id]}");
            output.WriteLine($"{indent}{(last ? "└─ " : "├─ ")}{NodeText.Title(node)}: {string.Join(", ", facts)}");
            var below = tree.Below(node).ToList();
            var inner = indent + (last ? "   " : "│  ");
            foreach (var line in AreaLines(areas)) output.WriteLine($"{inner}{(below.Count > 0 ? "│ " : "  ")}{line}");
            for (var i = 0; i < below.Count; i++) WriteNode(below[i], inner, i == below.Count - 1);
        }
    }

    /// <summary>The first line of a context: its name, whether it is open, and how much its journal has of it.</summary>
    public static string Heading(ContextState context)
    {
        var (objects, events) = (Count(context.Graph.Count, "object"), Count(context.EventsTotal, "event"));
        return context.Open
            ? $"context {context.Name}: open, {objects}, {events}"
            : $"context {context.Name}: closed, {objects} before its close, {events}";
    }

    private static string Count(long count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    private static IEnumerable<string> AreaLines(Mappings.AreaTable? areas)
    {
        if (areas is null) yield break;
        foreach (var area in areas.Areas.Take(AreasMax)) yield return NodeText.Area(area, areas.IsRevoked(area));
        if (areas.Count > AreasMax) yield return $"and {Count(areas.Count - AreasMax, "more area")}";
    }
}
