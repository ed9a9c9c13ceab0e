using Iommu.Actors.Core;

namespace Iommu.Tests.Replay.Actors;

/// <summary>One step in eight fails while it is switched on.</summary>
internal sealed class RandomFailures(Random random) : IFailureInjection
{
    public bool On { get; set; }

    public bool ShouldFail(string step) => On && random.Next(8) == 0;
}
