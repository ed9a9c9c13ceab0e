using Iommu.Hardware.Drivers;
using Iommu.Hardware.Faults;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.TestKit.UnderTest.Probes;

/// <summary>A driver whose calls a probe is told. What it hands out is wrapped likewise, and unwrapped when it comes back.</summary>
internal sealed class ProbedDriver(IIommuDriver inner, DriverProbe probe) : DriverDecorator(inner)
{
    public override Result<IPagingDomain> AllocPaging(PhysicalDevice device, HwptAllocFlags flags, UserData data = default)
    {
        var made = probe.ShouldFail() ? Errno.ENOMEM : base.AllocPaging(device, flags, data);
        probe.Note(nameof(AllocPaging), device, $"{flags}", made.Errno);
        return made.Failed ? made.Errno : new ProbedPagingDomain(this, made.Value!, device, probe);
    }

    public override Result<INestedDomain> AllocNested(
        PhysicalDevice device, IPagingDomain parent, HwptAllocFlags flags, UserData data)
    {
        var made = probe.ShouldFail() ? Errno.ENOMEM : base.AllocNested(device, (IPagingDomain)Unwrap(parent)!, flags, data);
        probe.Note(nameof(AllocNested), device, $"{flags}", made.Errno);
        return made.Failed ? made.Errno : new ProbedNestedDomain(this, null, made.Value!, probe);
    }

    public override Result<IEnumerable<CommandBatch>> Attach(PhysicalDevice device, IDomain? from, IDomain? to)
    {
        var plan = to is not null && probe.ShouldFail() ? Errno.ENOMEM : base.Attach(device, Unwrap(from), Unwrap(to));
        probe.Note(nameof(Attach), device, $"{NameOf(from)} -> {NameOf(to)}", plan.Errno);
        return plan;
    }

    public override Result<IEnumerable<CommandBatch>> AttachPasid(PhysicalDevice device, uint pasid, IDomain? from, IDomain? to)
    {
        var plan = to is not null && probe.ShouldFail() ? Errno.ENOMEM : base.AttachPasid(device, pasid, Unwrap(from), Unwrap(to));
        probe.Note(nameof(AttachPasid), device, $"pasid {pasid}, {NameOf(from)} -> {NameOf(to)}", plan.Errno);
        return plan;
    }

    public override Result<IViommuDriver> AllocViommu(
        PhysicalDevice device, IPagingDomain parent, UserData data, IViommuServices services)
    {
        var made = probe.ShouldFail()
            ? Errno.ENOMEM : base.AllocViommu(device, (IPagingDomain)Unwrap(parent)!, data, services);
        probe.Note(nameof(AllocViommu), device, $"type {data.Type}", made.Errno);
        if (made.Failed) return made.Errno;
        var probed = new ProbedViommu(this, made.Value!, services, device, probe);
        if (probed is { HasInterface: true, Identity: { } identity })
            probe.Forget(live => live is ProbedViommu other && other != probed && other.HasInterface && other.Identity == identity);
        return probed;
    }

    public override IEnumerable<CommandBatch> RespondToFaults(
        PhysicalDevice device, IReadOnlyList<PageFault> group, PageResponseCode code)
    {
        probe.Note(nameof(RespondToFaults), device, $"{group.Count} faults, {code}");
        return base.RespondToFaults(device, group, code);
    }

    /// <summary>The driver's own object behind what it has handed out.</summary>
    public static object? Unwrapped(object? hardware) => hardware switch
    {
        IDomain domain => Unwrap(domain),
        ProbedViommu viommu => viommu.Inner,
        _ => hardware,
    };

    private static IDomain? Unwrap(IDomain? domain) => domain switch
    {
        ProbedPagingDomain paging => paging.Inner,
        ProbedNestedDomain nested => nested.Inner,
        _ => domain,
    };

    internal static string NameOf(IDomain? domain) => domain switch
    {
        null => "blocked",
        IPagingDomain { IsNestParent: true } => "nest parent",
        IPagingDomain => "paging domain",
        _ => "nested domain",
    };
}
