using Iommu.Actors;
using Iommu.Messages;

namespace Iommu.TestKit.Checkers;

/// <summary>Invariant I2 at a quiet point, from the journal's side: what it has is what lookups find, and nothing else.</summary>
internal static class TableChecker
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task CheckAsync(IommufdContext context, Findings findings)
    {
        var graph = await GraphSnapshot.TakeAsync(context.Actor, Patience);
        var journaled = graph.Objects.ToDictionary(item => item.Id, item => item.Type);
        var found = Enum.GetValues<ObjectType>().SelectMany(context.Table.All).ToDictionary(entry => entry.Id, entry => entry.Type);
        foreach (var id in journaled.Keys.Union(found.Keys).OrderBy(id => id.Value))
        {
            var (was, now) = (Name(journaled, id), Name(found, id));
            if (was != now) findings.Report("I2", $"id {id} names {was} in the journal, but a lookup finds {now}");
        }
    }

    private static string Name(Dictionary<ObjectId, ObjectType> objects, ObjectId id) =>
        objects.TryGetValue(id, out var type) ? $"a {type.Name()}" : "nothing";
}
