using Iommu.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.NoIommu;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.Drivers;

/// <summary>Attach, replace, detach: a device reaches what its domain maps, and nothing of the one before.</summary>
internal static class AttachRules
{
    private const ulong Page = 0x1000;
    private const ulong Of1 = 0x4000_0000;
    private const ulong Of2 = 0x5000_0000;

    /// <summary>Between every two kinds of domain, and blocked, with what both map cached.</summary>
    public static bool Replace(RuleContext context)
    {
        if (!context.Rig.Translates) return false;
        var kinds = context.Kinds(context.Device).ToList();
        foreach (var (first, second) in kinds.SelectMany(first => kinds.Select(second => (first, second))))
        {
            var (one, two) = (Mapped(context, first, Of1), Mapped(context, second, Of2));
            var at = RuleContext.BaseOf(one);
            var only1 = at + Page;
            context.Map(one, only1, Of1 + Page, Page);
            var moves = new (IDomain?, IDomain?)[] { (null, one), (one, two), (two, one), (one, null), (null, two), (two, null) };
            foreach (var (from, to) in moves)
            {
                context.Attach(context.Device, from, to);
                ulong? reached = to is null ? null : ReferenceEquals(to, one) ? Of1 : Of2;
                context.ExpectReach(context.Device, at, reached, $"moved between {first} and {second}");
                context.ExpectReach(context.Device, only1, ReferenceEquals(to, one) ? Of1 + Page : null, "only the first domain has it");
            }
            Plan.Run(one.Free());
            Plan.Run(two.Free());
        }
        return true;
    }

    /// <summary>One of two devices leaves a domain, which is changed meanwhile; it comes back, and finds nothing old.</summary>
    public static bool Share(RuleContext context)
    {
        if (!context.Rig.Translates) return false;
        var (stays, goes) = (context.Rig.Devices[0], context.Rig.Devices[1]);
        foreach (var flags in context.Kinds(stays))
        {
            var domain = Mapped(context, flags, Of1);
            var at = RuleContext.BaseOf(domain);
            context.Attach(stays, null, domain);
            context.Attach(goes, null, domain);
            foreach (var device in new[] { stays, goes }) context.ExpectReach(device, at, Of1, "both are attached");
            context.Attach(goes, domain, null);
            context.ExpectReach(goes, at, null, "it is detached");
            context.ExpectReach(stays, at, Of1, "the other is detached");
            context.Attach(stays, domain, null);
            context.Unmap(domain, at, Page);
            context.Attach(goes, null, domain);
            context.ExpectReach(goes, at, null, "unmapped while nobody was attached");
            context.Attach(goes, domain, null);
            Plan.Run(domain.Free());
        }
        return true;
    }

    /// <summary>A domain is freed with its translations cached; the next one, which may get its ids, has none of them.</summary>
    public static bool Recycle(RuleContext context)
    {
        if (!context.Rig.Translates) return false;
        foreach (var flags in context.Kinds(context.Device))
        {
            for (var round = 0UL; round < 3; round++)
            {
                var domain = context.Alloc(flags);
                var at = RuleContext.BaseOf(domain);
                context.Attach(context.Device, null, domain);
                context.ExpectReach(context.Device, at, null, $"a fresh domain (round {round}) maps nothing");
                context.Map(domain, at, Of1 + round * Page, Page);
                context.ExpectReach(context.Device, at, Of1 + round * Page, "mapped");
                context.Attach(context.Device, domain, null);
                Plan.Run(domain.Free());
            }
        }
        return true;
    }

    /// <summary>The core asks for every device of a group, and runs no plan when one of them is refused.</summary>
    public static bool NotRun(RuleContext context)
    {
        var (one, two) = (Mapped(context, HwptAllocFlags.None, Of1), Mapped(context, HwptAllocFlags.None, Of2));
        var at = RuleContext.BaseOf(one);
        context.Attach(context.Device, null, one);
        foreach (var to in new[] { two, null })
        {
            context.Done(context.Driver.Attach(context.Device, one, to), "a plan to attach");
            context.ExpectReach(context.Device, at, Of1, "the plan was not run");
        }
        context.Attach(context.Device, one, null);
        Plan.Run(one.Free());
        Plan.Run(two.Free());
        return context.Rig.Translates;
    }

    public static bool Foreign(RuleContext context)
    {
        var foreign = new NoIommuDriver().AllocPaging(context.Device, HwptAllocFlags.None).Value!;
        var own = Mapped(context, HwptAllocFlags.None, Of1);
        context.Attach(context.Device, null, own);
        var errno = context.Driver.Attach(context.Device, own, foreign).Errno;
        context.Expect(errno == Errno.EINVAL, $"another driver's domain was answered {errno}, and not EINVAL");
        context.ExpectReach(context.Device, RuleContext.BaseOf(own), Of1, "the attach was refused");
        errno = context.Driver.AllocViommu(context.Device, foreign, new UserData(TypeOf(context)), new RigServices()).Errno;
        context.Expect(errno is Errno.EINVAL or Errno.EOPNOTSUPP, $"a vIOMMU on another driver's domain was answered {errno}");
        return true;
    }

    private static ViommuType TypeOf(RuleContext context) => context.Rig.Guest?.Viommu ?? ViommuType.Default;

    private static IPagingDomain Mapped(RuleContext context, HwptAllocFlags flags, ulong physical)
    {
        var domain = context.Alloc(flags);
        context.Map(domain, RuleContext.BaseOf(domain), physical, Page);
        return domain;
    }
}
