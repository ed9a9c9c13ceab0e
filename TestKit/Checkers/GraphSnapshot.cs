using Akka.Actor;
using Iommu.Actors.Contexts;
using Iommu.Messages;

namespace Iommu.TestKit.Checkers;

/// <summary>What a context's journal says of its objects at one moment, copied out of the context's turn.</summary>
/// <param name="Objects">In the order of ids: what each is, what it is attached to, its <c>users</c> as they should be, its actor.</param>
/// <param name="Tombstones">How many ids are tombstones.</param>
/// <param name="IdsTaken">How many ids the context counts as taken.</param>
internal sealed record GraphSnapshot(IReadOnlyList<GraphSnapshot.Item> Objects, int Tombstones, int IdsTaken)
{
    /// <param name="HasVdevice">For a device: a live vDEVICE holds both its counts.</param>
    internal sealed record Item(ObjectId Id, ObjectType Type, string AttachedTo, int Users, bool HasVdevice, IActorRef? Actor);

    public static Task<GraphSnapshot> TakeAsync(IActorRef context, TimeSpan patience) =>
        context.Ask<GraphSnapshot>(new InspectContext(Copy), patience);

    public bool IsSameAs(GraphSnapshot other) =>
        IdsTaken == other.IdsTaken && Tombstones == other.Tombstones && Objects.SequenceEqual(other.Objects);

    private static GraphSnapshot Copy(ContextInspection context)
    {
        var users = context.Graph.Users();
        var withVdevice = context.Graph.Nodes.Where(node => node.Type == ObjectType.Vdevice)
            .SelectMany(node => node.References).ToHashSet();
        var items = context.Graph.Nodes.Select(node => new Item(
            node.Id, node.Type, string.Join(' ', node.Attachments), users[node.Id],
            node.Type == ObjectType.Device && withVdevice.Contains(node.Id),
            context.Objects.GetValueOrDefault(node.Id)));
        return new GraphSnapshot([.. items], context.Graph.Tombstones.Count(), context.IdsTaken);
    }
}
