using Iommu.Persistence.Events;
using Iommu.TestKit.Crash.Simulated;

namespace Iommu.TestKit.Explore.Mutants;

/// <summary>An unmap does not journal what it has unmapped: a crash maps it again, though the caller was told otherwise (I13).</summary>
internal sealed class J2 : Mutant
{
    public override string Name => "J2";

    public override string Summary => "what an unmap has unmapped is not journaled";

    public override string Scenario => "crash-unmap";

    internal override StoreFaults JournalFaults { get; } = new() { Forgets = happened => happened is AreasUnmapped };
}
