using Iommu.Replay;

namespace Iommu.Tests.Actors;

internal sealed partial class SimulatorHarness
{
    /// <summary>The controls of the deterministic run.</summary>
    public ReplaySystem Replay => ReplaySystem.Of(System);
}
