using Iommu.Messages;
using Iommu.Persistence.Graph;

namespace Iommu.Persistence.Rendering;

/// <summary>Contexts as a Graphviz digraph: a cluster each, an edge from every object to what it holds a reference on.</summary>
public static class GraphDot
{
    public static void Write(TextWriter output, IEnumerable<ContextState> contexts)
    {
        output.WriteLine("digraph iommu {");
        output.WriteLine("  rankdir=RL;");
        output.WriteLine("  node [shape=box, fontname=\"monospace\", fontsize=10];");
        var cluster = 0;
        foreach (var context in contexts) WriteContext(output, context, cluster++);
        output.WriteLine("}");
    }

    private static void WriteContext(TextWriter output, ContextState context, int cluster)
    {
        var users = context.Graph.Users();
        output.WriteLine($"  subgraph cluster_{cluster} {{");
        output.WriteLine($"    label={Quote(GraphText.Heading(context))};");
        foreach (var node in context.Graph.Nodes)
        {
            var details = NodeText.Details(node, context.Mappings.GetValueOrDefault(node.Id));
            var label = string.Join("\n", [NodeText.Title(node), .. details, $"users {users[node.Id]}"]);
            output.WriteLine($"    {Name(cluster, node.Id)} [label={Quote(label)}];");
        }
        foreach (var node in context.Graph.Nodes)
        {
            foreach (var held in node.Origin.DependsOn) WriteEdge(node.Id, held, "");
            foreach (var (pasid, target) in node.Attachments)
                WriteEdge(node.Id, target, $" [style=dashed, label={(pasid == 0 ? "attached" : Quote($"pasid {pasid}"))}]");
        }
        output.WriteLine("  }");

        void WriteEdge(ObjectId from, ObjectId to, string attributes)
        {
            if (context.Graph.Find(to) is not null) output.WriteLine($"    {Name(cluster, from)} -> {Name(cluster, to)}{attributes};");
        }
    }

    private static string Name(int cluster, ObjectId id) => $"c{cluster}_{id}";

    private static string Quote(string text) =>
        $"\"{text.Replace("\\", "\\\\").Replace("\"", "\\\"").Replace("\n", "\\n")}\"";
}
