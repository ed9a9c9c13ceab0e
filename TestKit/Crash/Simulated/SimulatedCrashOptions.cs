namespace Iommu.TestKit.Crash.Simulated;

/// <summary>What to crash, and how often.</summary>
internal sealed record SimulatedCrashOptions
{
    /// <summary>Crashed before every turn, in each of the interleavings.</summary>
    public IReadOnlyList<CrashScenario> Scenarios { get; init; } = CrashScenarios.All;

    /// <summary>Of each scenario, with seeds from <see cref="Seed"/> on.</summary>
    public int Interleavings { get; init; } = 1;

    /// <summary>Crashes in random calls; 0 for none.</summary>
    public int Runs { get; init; } = 240;

    /// <summary>Whether those throw down one actor each, and not the simulator.</summary>
    public bool Actors { get; init; }

    public int Seed { get; init; } = 1;

    /// <summary>What the journal does wrong; null for nothing.</summary>
    public PlantedJournalFault? Fault { get; init; }
}
