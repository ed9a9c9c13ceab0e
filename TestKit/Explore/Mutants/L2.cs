using Iommu.TestKit.Drivers;

namespace Iommu.TestKit.Explore.Mutants;

/// <summary>
/// Of 7.3.4: of an array of invalidations that is refused half way, what still sat in the batch is never issued, though it is reported
/// handled.
/// </summary>
internal sealed class L2 : Mutant
{
    public override string Name => "L2";

    public override string Summary => "invalidations before a refused one are reported handled, and never issued";

    public override string Scenario => "guest-invalidate";

    public override Decoration Decoration => Decoration.None with { Driver = driver => new UnissuedRemainder(driver) };
}
