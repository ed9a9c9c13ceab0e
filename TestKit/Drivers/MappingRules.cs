using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Drivers;

/// <summary>Mapping, unmapping and looking up: tables against a model, and what devices reach by them.</summary>
internal static class MappingRules
{
    private const ulong Page = 0x1000;
    private const ulong Large = 0x20_0000;
    private const int Slots = 16;
    private const int Steps = 200;

    /// <summary>Random maps and unmaps; after each step the tables and the devices agree with what is mapped.</summary>
    public static bool Agree(RuleContext context)
    {
        foreach (var flags in context.Kinds(context.Device))
        {
            var domain = context.Alloc(flags);
            context.Attach(context.Device, null, domain);
            var model = new Region?[Slots];
            for (var step = 0; step < Steps; step++)
            {
                var slot = context.Random.Next(Slots);
                if (model[slot] is { } known)
                {
                    context.Unmap(domain, known.Iova, known.Length);
                    model[slot] = null;
                    Check(context, domain, known, false);
                }
                else
                {
                    var fresh = Choose(context, domain, slot);
                    context.Map(domain, fresh.Iova, fresh.Physical, fresh.Length, fresh.Access);
                    model[slot] = fresh;
                    Check(context, domain, fresh, true);
                }
                if (model[context.Random.Next(Slots)] is { } other) Check(context, domain, other, true);
            }
            context.Attach(context.Device, domain, null);
            Plan.Run(domain.Free());
        }
        return true;
    }

    /// <summary>A mapping over another, beyond the aperture, of nothing, or misaligned.</summary>
    public static bool Refuse(RuleContext context)
    {
        var domain = context.Alloc();
        var at = RuleContext.BaseOf(domain);
        context.Map(domain, at + Page, Large, Page);
        Refused(at + Page, Page, Access.ReadWrite, "over another");
        Refused(at, 2 * Page, Access.ReadWrite, "that ends over another");
        context.Expect(domain.Unmap(at, Page) is 0 or Page, "what was left of a refused mapping is a page at most");
        Plan.Run(domain.Flush(at, Page));
        // Tables that nobody reads reach as far as they like: the core asks for nothing there.
        if (context.Rig.Translates && domain.ApertureLast < ulong.MaxValue)
            Refused(domain.ApertureLast + 1, Page, Access.ReadWrite, "beyond the aperture");
        Refused(at + 8 * Page, 0, Access.ReadWrite, "of no length");
        Refused(at + 8 * Page, Page, Access.None, "without access");
        Refused(at + 8 * Page + 1, Page, Access.ReadWrite, "that is misaligned");
        context.Expect(domain.Lookup(at + Page) == Large, "a refused mapping has changed another");
        context.Expect(domain.Lookup(at) is null && domain.Lookup(at + 8 * Page) is null, "a refused mapping is there");
        context.Unmap(domain, at + Page, Page);
        Plan.Run(domain.Free());
        return true;

        void Refused(ulong iova, ulong length, Access access, string what) => context.Expect(
            domain.Map(iova, 2 * Large, length, access) != Errno.None, $"a mapping {what} (0x{iova:x}+0x{length:x}) was taken");
    }

    /// <summary>A large page, then small ones where it was, then a large one again: tables come and go below the caches.</summary>
    public static bool Resize(RuleContext context)
    {
        foreach (var flags in context.Kinds(context.Device))
        {
            var domain = context.Alloc(flags);
            var at = RuleContext.BaseOf(domain);
            if ((domain.PageSizes & Large) == 0) continue;
            context.Attach(context.Device, null, domain);
            for (var round = 0UL; round < 8; round++)
            {
                var (physical, offset) = ((round + 16) * Large, round * 13 * Page);
                if (round % 2 == 0) context.Map(domain, at, physical, Large);
                else context.Map(domain, at + offset, physical, Page);
                var reached = physical + (round % 2 == 0 ? offset : 0) + 8;
                context.ExpectReach(context.Device, at + offset + 8, reached, $"mapped in round {round}");
                if (round % 2 == 0) context.Unmap(domain, at, Large);
                else context.Unmap(domain, at + offset, Page);
                context.ExpectReach(context.Device, at + offset + 8, null, $"unmapped in round {round}");
            }
            context.Attach(context.Device, domain, null);
            Plan.Run(domain.Free());
        }
        return true;
    }

    /// <summary>What a device writes, and nothing else, is dirty; once cleared, and flushed, a write makes it so again.</summary>
    public static bool Dirty(RuleContext context)
    {
        var capable = context.Driver.Capabilities(context.Device).DirtyTracking;
        context.Expect(context.Kinds(context.Device).Contains(HwptAllocFlags.DirtyTracking) == capable,
            "the capability to track dirty pages and the answer to the flag differ");
        context.Expect(context.Alloc().Dirty is null, "a domain that was not allocated for it tracks dirty pages");
        if (!capable || !context.Rig.Translates) return false;
        var domain = context.Alloc(HwptAllocFlags.DirtyTracking);
        context.Expect(domain.Dirty is not null, "a domain that was allocated for it does not track dirty pages");
        var at = RuleContext.BaseOf(domain);
        // Scattered, so that they are pages of their own whatever sizes the tables know.
        for (var page = 0UL; page < 4; page++) context.Map(domain, at + page * Page, Large + page * 5 * Page, Page);
        context.Attach(context.Device, null, domain);
        domain.Dirty!.Tracking = true;
        for (var round = 0; round < 2; round++)
        {
            for (var page = 0UL; page < 4; page++)
            {
                var access = page == 2 ? Access.Write : Access.Read;
                context.ExpectReach(context.Device, at + page * Page, Large + page * 5 * Page, "mapped", access);
            }
            context.Expect(Pages(clear: false).SequenceEqual([at + 2 * Page]), $"one page was written in round {round}");
            context.Expect(Pages(clear: true).Count == 1 && Pages(clear: false).Count == 0, "what is cleared is not dirty");
            Plan.Run(domain.Flush(at, 4 * Page));
        }
        return true;

        List<ulong> Pages(bool clear)
        {
            var pages = new List<ulong>();
            domain.Dirty!.Read(at, 4 * Page, clear, (iova, _) => pages.Add(iova));
            return pages;
        }
    }

    private static void Check(RuleContext context, IPagingDomain domain, Region region, bool isMapped)
    {
        foreach (var offset in new[] { 0UL, region.Length - 1, (ulong)context.Random.NextInt64((long)region.Length) })
        {
            ulong? expected = isMapped ? region.Physical + offset : null;
            var found = domain.Lookup(region.Iova + offset);
            context.Expect(found == expected, $"0x{region.Iova + offset:x} is looked up as {found:x}, and not as {expected:x}");
            context.ExpectReach(context.Device, region.Iova + offset, expected, isMapped ? "mapped" : "unmapped and flushed");
            context.ExpectReach(context.Device, region.Iova + offset, region.Access.HasFlag(Access.Write) ? expected : null,
                $"mapped with {region.Access}", Access.Write);
        }
    }

    // One slot in four is of large pages. A nest parent may refuse to be read-only (VT-d's erratum), so it is not asked.
    private static Region Choose(RuleContext context, IPagingDomain domain, int slot)
    {
        var isLarge = context.Random.Next(4) == 0;
        var (unit, count) = isLarge ? (Large, context.Random.Next(1, 3)) : (Page, context.Random.Next(1, 40));
        var start = isLarge ? 0 : (ulong)context.Random.Next(256) * Page;
        var access = domain.IsNestParent || context.Random.Next(2) == 0 ? Access.ReadWrite : Access.Read;
        return new(RuleContext.BaseOf(domain) + (ulong)slot * 4 * Large + start,
            (ulong)context.Random.Next(1, 1 << 14) * Large + start, unit * (ulong)count, access);
    }

    private readonly record struct Region(ulong Iova, ulong Physical, ulong Length, Access Access);
}
