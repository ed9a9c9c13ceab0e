using Iommu.TestKit.Explore.Mutants;
using Iommu.TestKit.Explore.Strategies;

namespace Iommu.TestKit.Explore;

/// <summary>What to search, how, and for how long.</summary>
internal sealed record ExploreOptions
{
    /// <summary>Of each scenario.</summary>
    public int Schedules { get; init; } = 1_000;

    /// <summary>Of each scenario; null for no limit but the schedules.</summary>
    public TimeSpan? Time { get; init; }

    public long Seed { get; init; } = 1;

    /// <summary>Makes a strategy for one scenario.</summary>
    public Func<long, Strategy> Strategy { get; init; } = seed => new RandomStrategy(seed);

    /// <summary>Makes the mutant for one schedule; null for the product as it is.</summary>
    public Func<Mutant>? Mutant { get; init; }
}

/// <summary>What the search of one scenario came to.</summary>
/// <param name="Scenario">Its name.</param>
/// <param name="Strategy">How it was searched.</param>
internal sealed record ScenarioResult(string Scenario, string Strategy)
{
    /// <summary>Schedules that were run to their end.</summary>
    public long Schedules { get; init; }

    /// <summary>Of those, how many were in an order of turns, or with happenings, that none before had.</summary>
    public long Distinct { get; init; }

    /// <summary>Of those, how many differ in what some actor gets in which order, and not only in the order of different actors.</summary>
    public long Shapes { get; init; }

    /// <summary>Schedules that were left on the way, since the rest was known to be like another's.</summary>
    public long Abandoned { get; init; }

    /// <summary>Turns that were searched: without what leads there and the checks afterwards.</summary>
    public long Steps { get; init; }

    /// <summary>Of all turns and happenings of all schedules: the same seed, the same number, in every process.</summary>
    public ulong Fingerprint { get; init; }

    public double Seconds { get; init; }

    /// <summary>Whether there is no other schedule within the bounds of the strategy.</summary>
    public bool IsComplete { get; init; }

    /// <summary>The first that broke something; null when everything held.</summary>
    public Found? Found { get; init; }
}
