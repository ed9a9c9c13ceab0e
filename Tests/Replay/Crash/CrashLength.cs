namespace Iommu.Tests.Replay.Crash;

/// <summary>How long simulated crashes go on: short in the suite, at full length when IOMMU_CRASH is "full".</summary>
internal static class CrashLength
{
    private static readonly bool Full = Environment.GetEnvironmentVariable("IOMMU_CRASH") == "full";

    /// <summary>Interleavings of each small scenario, every one of them crashed at every step.</summary>
    public static int Interleavings => Full ? 20 : 1;

    /// <summary>Seeds of several contexts with random calls, each crashed a number of times.</summary>
    public static int Seeds => Full ? 2_000 : 12;
}
