namespace Iommu.Replay;

/// <summary>Chooses uniformly, from a seed.</summary>
public sealed class SeededSchedule(long seed) : ISchedule
{
    private readonly SplitMix _random = new(seed);

    public int Choose(IReadOnlyList<ITurn> runnable) => _random.Below(runnable.Count);
}
