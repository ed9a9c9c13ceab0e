using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Drivers;

/// <summary>What runs out, and what is left behind then: nothing.</summary>
internal static class FailureRules
{
    private const ulong Page = 0x1000;
    private const ulong Large = 0x20_0000;
    private const ulong Physical = 0x4000_0000;
    private const int TriesMax = 64;

    /// <summary>ENOSPC, no frame lost by it, and one more when one is freed; in the end every frame is back.</summary>
    public static bool Ids(RuleContext context)
    {
        var any = false;
        foreach (var flags in context.Kinds(context.Device))
        {
            if (context.Rig.DomainsMax(flags) is not { } max) continue;
            var before = context.Rig.Frames.InUse;
            var domains = Enumerable.Range(0, max).Select(_ => context.Alloc(flags)).ToList();
            var full = context.Rig.Frames.InUse;
            var errno = context.Driver.AllocPaging(context.Device, flags).Errno;
            context.Expect(errno == Errno.ENOSPC, $"domain {max + 1} with flags {flags} was answered {errno}, and not ENOSPC");
            context.Expect(context.Rig.Frames.InUse == full, $"refusing a domain cost {context.Rig.Frames.InUse - full} frames");
            Plan.Run(domains[max / 2].Free());
            domains[max / 2] = context.Alloc(flags);
            foreach (var domain in domains) Plan.Run(domain.Free());
            context.Expect(context.Rig.Frames.InUse == before, $"{context.Rig.Frames.InUse - before} frames were not given back");
            any = true;
        }
        return any;
    }

    /// <summary>Each allocation of a frame fails once: a domain is ENOMEM and nothing, a mapping can be undone and done again.</summary>
    public static bool Memory(RuleContext context)
    {
        var any = false;
        foreach (var flags in context.Kinds(context.Device))
        {
            var before = context.Rig.Frames.InUse;
            IPagingDomain? domain = null;
            for (var at = 0; domain is null; at++)
            {
                var answer = Failing(context, at, () => context.Driver.AllocPaging(context.Device, flags));
                any |= answer.Failed;
                if (!answer.Failed) domain = answer.Value!;
                else context.Expect(answer.Errno == Errno.ENOMEM && context.Rig.Frames.InUse == before,
                    $"a domain without memory was answered {answer.Errno} and cost {context.Rig.Frames.InUse - before} frames");
            }
            any |= MapWithoutMemory(context, domain);
            Plan.Run(domain.Free());
            context.Expect(context.Rig.Frames.InUse == before, $"{context.Rig.Frames.InUse - before} frames were not given back");
        }
        return any;
    }

    /// <summary>An attach that finds no memory is refused as a whole; the device stays where it was.</summary>
    public static bool AttachWithoutMemory(RuleContext context)
    {
        var (one, two) = (context.Alloc(), context.Alloc());
        var at = RuleContext.BaseOf(one);
        context.Map(one, at, Physical, Page);
        context.Map(two, at, Physical + Large, Page);
        context.Attach(context.Device, null, one);
        for (var n = 0; n < 4; n++)
        {
            var answer = Failing(context, n, () => context.Driver.Attach(context.Device, one, two));
            context.ExpectReach(context.Device, at, Physical, answer.Failed ? "the attach was refused" : "the plan was not run");
        }
        context.Attach(context.Device, one, two);
        context.ExpectReach(context.Device, at, Physical + Large, "attached at last");
        return true;
    }

    // Far apart, so that each page needs tables of its own.
    private static bool MapWithoutMemory(RuleContext context, IPagingDomain domain)
    {
        var any = false;
        for (var at = 0; at < TriesMax; at++)
        {
            var iova = RuleContext.BaseOf(domain) + (ulong)at * 8 * Large;
            var errno = Failing<bool>(context, 0, () => domain.Map(iova, Physical + Page, 2 * Large, Access.ReadWrite)).Errno;
            if (errno == Errno.None)
            {
                context.Unmap(domain, iova, 2 * Large);
                continue;
            }
            any = true;
            context.Expect(errno == Errno.ENOMEM, $"a mapping without memory was answered {errno}");
            domain.Unmap(iova, 2 * Large);
            Plan.Run(domain.Flush(iova, 2 * Large));
            context.Expect(domain.Lookup(iova) is null, "a mapping without memory was not undone by an unmap of it");
            context.Map(domain, iova, Physical + Page, 2 * Large);
            context.Expect(domain.Lookup(iova + 5) == Physical + Page + 5, "after a mapping without memory the same cannot be mapped");
            context.Unmap(domain, iova, 2 * Large);
        }
        return any;
    }

    private static Result<T> Failing<T>(RuleContext context, int at, Func<Result<T>> call)
    {
        context.Rig.Frames.FailAt(at);
        var answer = call();
        // What was not reached must not fail somebody else.
        context.Rig.Frames.FailAt(long.MaxValue / 2);
        return answer;
    }
}
