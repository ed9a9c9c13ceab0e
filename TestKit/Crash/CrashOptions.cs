namespace Iommu.TestKit.Crash;

/// <summary>What a crash run is made of.</summary>
public sealed record CrashOptions
{
    /// <summary>How often a process is killed.</summary>
    public int Runs { get; init; } = 20;

    /// <summary>Where the calls come from, and the points; the moments of kills from outside are the machine's.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Where every process is killed; null for all points in turn.</summary>
    public CrashPoint? Point { get; init; }

    /// <summary>SQLite files, or PostgreSQL connection strings: one for each process that is killed beside the others.</summary>
    public required IReadOnlyList<string> Journals { get; init; }

    /// <summary>Contexts of each process, all in one journal.</summary>
    public int Contexts { get; init; } = 3;

    /// <summary>What starts <see cref="CrashWorkload"/>; what it is told is added to it.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>How long a call may take before its caller counts as hung, and a recovery.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(120);
}
