using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Core.Ioas;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Memory;
using Iommu.Messages;

namespace Iommu.TestKit.Checkers;

/// <summary>
/// Invariant I5 at a quiet point: the areas of each IOAS, but for those in transition, are what every one of its domains maps, and
/// nothing is mapped beside them; pages are used by exactly the areas with domains and the accesses that cover them, and pinned once by
/// each array of pages that is used. Large areas are looked at in samples.
/// </summary>
public static class MappingChecker
{
    private const ulong PageBytes = PinnedPages.PageBytes;
    private const ulong PagesLookedAtMax = 512;
    private const ulong HoleLooksMax = 64;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <param name="context">The context.</param>
    /// <param name="memory">The memory of its process, which no other context maps.</param>
    /// <param name="findings">Where to report.</param>
    public static async Task CheckAsync(IommufdContext context, UserAddressSpace memory, Findings findings)
    {
        var graph = await GraphSnapshot.TakeAsync(context.Actor, Patience);
        var uses = new List<PagesUse>();
        foreach (var ioas in graph.Objects.Where(item => item is { Type: ObjectType.Ioas, Actor: not null }))
        {
            var state = await ioas.Actor!.Ask<State>(new Inspect(inspection => Look((IoPagetable)inspection.State!)), Patience);
            if (state.Wrong is { } wrong) findings.Report("I5", $"{context.Name}: ioas {ioas.Id}: {wrong}");
            uses.AddRange(state.Uses);
        }
        if (CheckPins(uses, memory) is { } pins) findings.Report("I5", $"{context.Name}: {pins}");
    }

    /// <summary>What is wrong with the domains of one IOAS, in words; null when nothing is.</summary>
    public static string? Check(IReadOnlyList<IoArea> areas, IReadOnlyList<IPagingDomain> domains)
    {
        foreach (var domain in domains)
        {
            // Null behind an area that ends with the last address there is.
            ulong? hole = 0;
            foreach (var area in areas)
            {
                if (area.State == AreaState.Mapped && CheckArea(area, domain) is { } inside) return inside;
                if (area.Iova > hole && CheckHole(hole.Value, area.Iova - 1, domain) is { } before) return before;
                hole = area.Last == ulong.MaxValue ? null : area.Last + 1;
            }
            if (hole <= domain.ApertureLast && CheckHole(hole.Value, domain.ApertureLast, domain) is { } after) return after;
        }
        return null;
    }

    /// <summary>What is wrong with the pins of a process's memory and of files, in words; null when nothing is.</summary>
    /// <param name="uses">Which parts of pages the areas of all IOASes use that have a domain.</param>
    /// <param name="memory">The memory.</param>
    public static string? CheckPins(IReadOnlyList<PagesUse> uses, UserAddressSpace memory)
    {
        var byPages = uses.GroupBy(use => use.Pages).ToList();
        var pinnings = new Dictionary<ulong, int>();
        foreach (var users in byPages)
        {
            var ranges = users.Where(use => use.ByDomains).Select(use => (use.First, use.Last)).Concat(users.Key.Accesses).ToList();
            if (CheckUses(users.Key, ranges) is { } wrong) return wrong;
            CountPinnings(users.Key, ranges, pinnings);
        }
        var total = byPages.Where(users => users.Key.Source == memory).Sum(users => users.Key.PinnedCount);
        if (memory.PinnedTotal != total) return $"{memory.PinnedTotal} pins stand, its areas and accesses account for {total}";
        foreach (var pages in byPages.Select(users => users.Key))
        {
            foreach (var page in Sample(0, pages.PageCount - 1))
            {
                if (pages.PhysicalOf(page * PageBytes) is not { } physical) continue;
                var (address, pins) = (pages.AddressOf(page), pages.Source.PinsOf(pages.AddressOf(page)));
                if (pages.Source.Translate(address) is { } now && now != physical)
                    return $"the page at 0x{address:x} is pinned at 0x{physical:x}, but it is at 0x{now:x}";
                var users = pinnings.GetValueOrDefault(physical);
                if (pins != users) return $"the page at 0x{address:x} is pinned {pins} times, {users} arrays of pages use it";
            }
        }
        return null;
    }

    private static State Look(IoPagetable pagetable) => new(
        Check(pagetable.Areas, pagetable.Domains),
        [.. pagetable.Areas.Where(area => area.Pages is SourcePages)
            .Select(area => new PagesUse((SourcePages)area.Pages, area.FirstPage, area.LastPage, area.Storage is not null))]);

    private static string? CheckArea(IoArea area, IPagingDomain domain)
    {
        if (area.Storage is null) return $"{area} is in no domain, though there is one";
        foreach (var page in Sample(area.FirstPage, area.LastPage))
        {
            var startByte = Math.Max(page * PageBytes, area.StartByte);
            var iova = area.Iova + (startByte - area.StartByte);
            var (expected, found) = (area.Pages.PhysicalOf(startByte), domain.Lookup(iova));
            if (found != expected) return $"0x{iova:x} maps {Text(found)} in a domain, its area says {Text(expected)}";
        }
        return null;
    }

    /// <summary>Both ends of a hole, and evenly between them: each of its pages when there are few.</summary>
    private static string? CheckHole(ulong first, ulong last, IPagingDomain domain)
    {
        var step = Math.Max(domain.PageSizes & (0 - domain.PageSizes), (last - first) / HoleLooksMax + 1);
        for (var iova = first; ; iova = last - iova > step ? iova + step : last)
        {
            if (domain.Lookup(iova) is { } found) return $"0x{iova:x} maps 0x{found:x} in a domain, but no area covers it";
            if (iova == last) return null;
        }
    }

    /// <summary>Each page is used once by each area and access that covers it.</summary>
    private static string? CheckUses(SourcePages pages, IReadOnlyList<(ulong First, ulong Last)> ranges)
    {
        foreach (var page in Sample(0, pages.PageCount - 1))
        {
            var expected = ranges.Count(range => range.First <= page && page <= range.Last);
            if (pages.UsesOf(page) != expected)
                return $"the page at 0x{pages.AddressOf(page):x} has {pages.UsesOf(page)} uses, {expected} areas and accesses cover it";
        }
        return null;
    }

    /// <summary>Counts who pins which frame: several arrays of pages may have the same ones.</summary>
    private static void CountPinnings(
        SourcePages pages, IEnumerable<(ulong First, ulong Last)> ranges, Dictionary<ulong, int> pinnings)
    {
        var next = 0UL;
        foreach (var (first, last) in ranges.Order())
        {
            for (var page = Math.Max(first, next); page <= last; page++)
                if (pages.PhysicalOf(page * PageBytes) is { } physical) pinnings[physical] = pinnings.GetValueOrDefault(physical) + 1;
            next = Math.Max(next, last + 1);
        }
    }

    /// <summary>Pages of a range: all, or as many as may be, evenly, with the last one.</summary>
    private static IEnumerable<ulong> Sample(ulong first, ulong last)
    {
        var step = Math.Max(1, (last - first + 1) / PagesLookedAtMax);
        for (var page = first; page < last; page += step) yield return page;
        yield return last;
    }

    private static string Text(ulong? physical) => physical is { } address ? $"0x{address:x}" : "nothing";

    private sealed record State(string? Wrong, IReadOnlyList<PagesUse> Uses);
}

/// <summary>An area's part of an array of pages.</summary>
/// <param name="Pages">The pages.</param>
/// <param name="First">First page.</param>
/// <param name="Last">Last page.</param>
/// <param name="ByDomains">Whether there is a domain, so that they are in use.</param>
public sealed record PagesUse(SourcePages Pages, ulong First, ulong Last, bool ByDomains);
