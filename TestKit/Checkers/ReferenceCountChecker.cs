using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Core;
using Iommu.Messages;

namespace Iommu.TestKit.Checkers;

/// <summary>
/// Invariant I1 at a quiet point, when no caller has a call in flight: <c>users</c> of each object is what the graph says and what the
/// process holds beside it, and <c>wait_cnt</c> is 1, or 2 for a device whose vDEVICE holds it.
/// </summary>
public static class ReferenceCountChecker
{
    // What nobody waits for (an automatic domain on its way out) may still be moving; each look lets it go on.
    private const int LooksMax = 200;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public static async Task CheckAsync(IommufdContext context, Findings findings)
    {
        IReadOnlyList<string> wrong = [];
        for (var look = 0; look < LooksMax; look++)
        {
            var before = await GraphSnapshot.TakeAsync(context.Actor, Patience);
            var counts = await CountsOf(before);
            var after = await GraphSnapshot.TakeAsync(context.Actor, Patience);
            if (!before.IsSameAs(after) || counts is null) continue;
            wrong = [.. Compare(before, counts)];
            if (wrong.Count == 0) return;
        }
        findings.Report("I1", wrong.Count == 0
            ? $"{context.Name}: objects still come and go, though nobody calls"
            : $"{context.Name}: {wrong[0]}", [.. wrong.Skip(1)]);
    }

    /// <summary>Null when an object was gone before it could be looked at, or is leaving.</summary>
    private static async Task<IReadOnlyList<Found>?> CountsOf(GraphSnapshot graph)
    {
        var counts = new List<Found>();
        foreach (var item in graph.Objects)
        {
            if (item.Actor is null) return null;
            try
            {
                var found = await item.Actor.Ask<Found>(
                    new Inspect(inspection => new Found(inspection.Counts, inspection.Holds)), Patience);
                if (found.Counts.Leaving) return null;
                counts.Add(found);
            }
            catch (AskTimeoutException)
            {
                return null;
            }
        }
        return counts;
    }

    private static IEnumerable<string> Compare(GraphSnapshot graph, IReadOnlyList<Found> found)
    {
        for (var i = 0; i < found.Count; i++)
        {
            var item = graph.Objects[i];
            var (counts, holds) = found[i];
            var waits = item.HasVdevice ? 2 : 1;
            if (counts.Users != item.Users + holds)
                yield return $"{item.Type} {item.Id} has users {counts.Users}, the graph says {item.Users}, the process holds {holds}";
            if (counts.Waits != waits)
                yield return $"{item.Type} {item.Id} has wait_cnt {counts.Waits}, with no call in flight it is {waits}";
        }
        if (graph.IdsTaken != graph.Objects.Count + graph.Tombstones)
            yield return $"{graph.IdsTaken} ids are taken by {graph.Objects.Count} objects and {graph.Tombstones} tombstones";
    }

    private sealed record Found(ObjectCounts Counts, int Holds);
}
