using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Core;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Persistence.Mappings;

namespace Iommu.TestKit.Checkers;

/// <summary>
/// Invariant I5 at a quiet point: the areas of each IOAS are what every one of its domains maps, nothing is mapped beside them, and
/// a page is pinned once for each area of an IOAS with domains that covers it. Large areas are looked at in samples.
/// </summary>
public static class MappingChecker
{
    private const ulong PageBytes = 4096;
    private const ulong PagesLookedAtMax = 512;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <param name="context">The context.</param>
    /// <param name="memory">The memory of its process, which no other context maps.</param>
    /// <param name="findings">Where to report.</param>
    public static async Task CheckAsync(IommufdContext context, UserAddressSpace memory, Findings findings)
    {
        var graph = await GraphSnapshot.TakeAsync(context.Actor, Patience);
        var pinning = new List<Area>();
        foreach (var ioas in graph.Objects.Where(item => item is { Type: ObjectType.Ioas, Actor: not null }))
        {
            var state = await ioas.Actor!.Ask<State>(new Inspect(inspection => Look((IoPagetable)inspection.State!, memory)), Patience);
            if (state.Wrong is { } wrong) findings.Report("I5", $"{context.Name}: ioas {ioas.Id}: {wrong}");
            if (state.HasDomains) pinning.AddRange(state.Areas);
        }
        CheckPins(context.Name, pinning, memory, findings);
    }

    /// <summary>What is wrong with one IOAS, in words; null when nothing is.</summary>
    public static string? Check(IReadOnlyList<Area> areas, IReadOnlyList<IPagingDomain> domains, UserAddressSpace memory)
    {
        foreach (var domain in domains)
        {
            for (var i = 0; i < areas.Count; i++)
            {
                if (CheckArea(areas[i], domain, memory) is { } inside) return inside;
                var previousEnd = i == 0 ? 0 : areas[i - 1].Last + 1;
                var nextStart = i + 1 == areas.Count ? domain.ApertureLast : areas[i + 1].Iova;
                if (CheckHole(previousEnd, areas[i].Iova, domain) is { } before) return before;
                if (CheckHole(areas[i].Last + 1, nextStart, domain) is { } after) return after;
            }
        }
        return null;
    }

    private static State Look(IoPagetable pagetable, UserAddressSpace memory) =>
        new(Check(pagetable.Areas, pagetable.Domains, memory), [.. pagetable.Areas], pagetable.Domains.Count > 0);

    private static string? CheckArea(Area area, IPagingDomain domain, UserAddressSpace memory)
    {
        foreach (var offset in Sample(area.LengthBytes))
        {
            var expected = memory.Translate(area.UserAddress + offset);
            var found = domain.Lookup(area.Iova + offset);
            if (found != expected) return $"0x{area.Iova + offset:x} maps {Text(found)} in a domain, its area says {Text(expected)}";
        }
        return null;
    }

    /// <summary>Both ends and the middle of a hole [start, end).</summary>
    private static string? CheckHole(ulong start, ulong end, IPagingDomain domain)
    {
        if (start >= end) return null;
        foreach (var iova in (ulong[])[start, start + (end - start) / 2, end - 1])
            if (domain.Lookup(iova) is { } found) return $"0x{iova:x} maps 0x{found:x} in a domain, but no area covers it";
        return null;
    }

    private static void CheckPins(string context, List<Area> pinning, UserAddressSpace memory, Findings findings)
    {
        var total = pinning.Aggregate(0L, (sum, area) => sum + (long)(area.LengthBytes / PageBytes));
        if (memory.PinnedTotal != total)
            findings.Report("I5", $"{context}: {memory.PinnedTotal} pins stand, its areas account for {total}");
        foreach (var area in pinning)
        {
            foreach (var offset in Sample(area.LengthBytes))
            {
                var address = area.UserAddress + offset;
                var users = pinning.Count(other => address - other.UserAddress < other.LengthBytes);
                if (memory.PinsOf(address) == users) continue;
                findings.Report("I5",
                    $"{context}: the page at 0x{address:x} is pinned {memory.PinsOf(address)} times, {users} areas use it");
                return;
            }
        }
    }

    /// <summary>Offsets of pages: all, or as many as may be, evenly, with the last one.</summary>
    private static IEnumerable<ulong> Sample(ulong lengthBytes)
    {
        var pages = lengthBytes / PageBytes;
        var step = Math.Max(1, pages / PagesLookedAtMax);
        for (var page = 0UL; page < pages; page += step) yield return page * PageBytes;
        if (pages > 0) yield return (pages - 1) * PageBytes;
    }

    private static string Text(ulong? physical) => physical is { } address ? $"0x{address:x}" : "nothing";

    private sealed record State(string? Wrong, IReadOnlyList<Area> Areas, bool HasDomains);
}
