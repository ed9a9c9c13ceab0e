namespace Iommu.TestKit.Crash;

/// <summary>What the process that is to be killed is told.</summary>
/// <param name="Journal">A SQLite file, or a PostgreSQL connection string.</param>
/// <param name="Contexts">How many contexts it opens.</param>
/// <param name="Point">Where it kills itself; <see cref="CrashPoint.Random"/> for nowhere.</param>
/// <param name="At">At which time.</param>
/// <param name="Seed">For moments within a point.</param>
public sealed record WorkloadOptions(string Journal, int Contexts, CrashPoint Point, int At, int Seed);
