using System.Numerics;
using Iommu.Hardware.Tegra241;
using Iommu.TestKit.Guests;

namespace Iommu.TestKit.Stress.Hardware;

/// <summary>A host with an SMMUv3 and a CMDQV beside it.</summary>
internal sealed class Tegra241Host : Smmuv3Host
{
    private Tegra241Host(HostPlan plan, CmdqvParameters cmdqv) : base(plan, cmdqv) =>
        Queues = plan.HasQueues ? new VcmdqQueues(cmdqv.LogicalPerVintf, Memory, Stale, Faults) : null;

    public Tegra241Host(HostPlan plan) : this(plan, ParametersFor(plan.Guests))
    {
    }

    public override GuestIommu GuestIommu { get; } = new Tegra241GuestIommu();

    public override GuestQueues? Queues { get; }

    // As many VINTFs as there are guests and the host, and all queues divided among them.
    private static CmdqvParameters ParametersFor(int guests) =>
        new(Math.Min(64 - BitOperations.LeadingZeroCount((ulong)guests), 6));
}
