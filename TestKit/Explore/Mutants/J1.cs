using Iommu.TestKit.Crash.Simulated;

namespace Iommu.TestKit.Explore.Mutants;

/// <summary>A caller is answered before what its call did is durable: a crash in between takes back what was promised (I13).</summary>
internal sealed class J1 : Mutant
{
    public override string Name => "J1";

    public override string Summary => "a call is answered before its event is durable";

    public override string Scenario => "crash-create";

    internal override StoreFaults JournalFaults { get; } = new() { ConfirmsEarly = true };
}
