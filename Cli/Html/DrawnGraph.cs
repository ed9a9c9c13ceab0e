using Iommu.Messages;
using Iommu.Persistence.Events;
using Iommu.Persistence.Graph;
using Iommu.Persistence.Rendering;

namespace Iommu.Cli.Html;

/// <summary>What a part of a drawing is beside another drawing.</summary>
internal enum DrawnMark
{
    Same,
    Added,
    Gone,
    Changed,
}

/// <summary>An object in a drawing.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Type">What it is.</param>
/// <param name="Facts">What it was made with, a line in the box.</param>
/// <param name="More">What does not fit: shown when one points at it, and compared.</param>
/// <param name="Corner">A word in its corner.</param>
/// <param name="Parent">The object that it stands beside; none for a root.</param>
/// <param name="References">What it holds a reference on.</param>
internal sealed record DrawnNode(
    ObjectId Id, ObjectType Type, string Facts, string More, string Corner, ObjectId Parent, IReadOnlyList<ObjectId> References)
{
    public DrawnMark Mark { get; init; }

    public string Title => $"{Type.Name()} {Id}";
}

/// <summary>An object graph as it is drawn.</summary>
/// <param name="Name">The context.</param>
/// <param name="Nodes">In the order of ids.</param>
/// <param name="Edges">References that are marked; others are the same.</param>
internal sealed record DrawnGraph(
    string Name, IReadOnlyList<DrawnNode> Nodes, IReadOnlyDictionary<(ObjectId From, ObjectId To), DrawnMark> Edges)
{
    private static readonly Dictionary<(ObjectId, ObjectId), DrawnMark> NoMarks = [];

    public static DrawnGraph Of(ContextState context)
    {
        var (tree, users) = (new GraphTree(context.Graph), context.Graph.Users());
        var parents = context.Graph.Nodes.SelectMany(node => tree.Below(node).Select(below => (below.Id, Parent: node.Id)))
            .ToDictionary(pair => pair.Id, pair => pair.Parent);
        return new DrawnGraph(context.Name, [.. context.Graph.Nodes.Select(Drawn)], NoMarks);

        DrawnNode Drawn(GraphNode node)
        {
            var facts = string.Join(", ", NodeText.Details(node, context.Mappings.GetValueOrDefault(node.Id)));
            return new DrawnNode(node.Id, node.Type, facts, $"users {users[node.Id]}", $"users {users[node.Id]}",
                parents.GetValueOrDefault(node.Id), [.. node.References]);
        }
    }

    public static DrawnGraph Of(string name, IReadOnlyList<DrawnNode> nodes) => new(name, nodes, NoMarks);

    /// <summary>Both in one: what is only before is gone, what is only after is added, what is another is changed.</summary>
    public static DrawnGraph Difference(DrawnGraph before, DrawnGraph after)
    {
        var (old, now) = (before.Nodes.ToDictionary(node => node.Id), after.Nodes.ToDictionary(node => node.Id));
        var nodes = new List<DrawnNode>();
        var edges = new Dictionary<(ObjectId, ObjectId), DrawnMark>();
        foreach (var id in old.Keys.Union(now.Keys).OrderBy(id => id.Value))
        {
            var (was, node) = (old.GetValueOrDefault(id), now.GetValueOrDefault(id));
            var mark = was is null ? DrawnMark.Added : node is null ? DrawnMark.Gone
                : (was.Type, was.Facts, was.More) != (node.Type, node.Facts, node.More) ? DrawnMark.Changed : DrawnMark.Same;
            foreach (var gone in (was?.References ?? []).Except(node?.References ?? [])) edges[(id, gone)] = DrawnMark.Gone;
            foreach (var added in (node?.References ?? []).Except(was?.References ?? [])) edges[(id, added)] = DrawnMark.Added;
            nodes.Add((node ?? was!) with
            {
                Mark = mark,
                Corner = mark == DrawnMark.Same ? "" : mark.ToString().ToLowerInvariant(),
                More = mark == DrawnMark.Changed ? $"before: {was!.Facts} {was.More}\nafter: {node!.Facts} {node.More}"
                    : (node ?? was!).More,
                References = [.. (node?.References ?? []).Union(was?.References ?? [])],
            });
        }
        return new DrawnGraph(after.Name, nodes, edges);
    }

    /// <summary>Whether anything in it is marked.</summary>
    public bool IsMarked => Edges.Count > 0 || Nodes.Any(node => node.Mark != DrawnMark.Same);
}
