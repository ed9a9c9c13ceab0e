using Iommu.Actors.Core;

namespace Iommu.TestKit.Explore;

/// <summary>Whether a step fails is a choice like any other.</summary>
/// <param name="choices">Takes it.</param>
/// <param name="max">How many fail in one schedule.</param>
internal sealed class ChosenFailures(Choices choices, int max) : IFailureInjection
{
    private int _hits;

    /// <summary>Off while what leads there is done.</summary>
    public bool On { get; set; }

    /// <summary>The one that has failed; null for none.</summary>
    public string? Hit { get; private set; }

    public bool ShouldFail(string step)
    {
        if (!On || _hits == max || choices.Alternative($"fail: {step}", 2) == 0) return false;
        _hits++;
        Hit = step;
        return true;
    }
}
