using Iommu.Hardware.Faults;
using Iommu.TestKit.Checkers;

namespace Iommu.TestKit.Stress.Hardware;

/// <summary>A host whose queues may have a fault planted in them, and whose caches are watched (I8).</summary>
/// <param name="plan">Of the run.</param>
/// <param name="set">What its IOMMU's commands are.</param>
internal abstract class CheckedHost<TCommand, TEntry>(HostPlan plan, CommandSet set) : HostHardware
    where TCommand : struct where TEntry : class
{
    public sealed override int StaleHits => Stale.Breaches.Count;

    /// <summary>Who watches; there once the machine is made.</summary>
    protected StaleTranslation<TCommand, TEntry> Stale { get; private set; } = null!;

    protected FaultPlanter Faults { get; } = new(plan.Fault, set);

    /// <summary>Has what a checker finds reported, with the fault that was planted.</summary>
    protected T Reporting<T>(T checker) where T : StaleTranslation<TCommand, TEntry>
    {
        checker.Found = hit => plan.Findings.Report("I8", hit.ToString(), Faults.Details);
        Stale = checker;
        return checker;
    }
}
