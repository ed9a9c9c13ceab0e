namespace Iommu.Tests.Bridge;

/// <summary>How long the bridge's load tests run: short in the suite, full when IOMMU_BRIDGE is "full" (docs/bridge.md).</summary>
internal static class LoadLength
{
    private static readonly bool Full = Environment.GetEnvironmentVariable("IOMMU_BRIDGE") == "full";

    /// <summary>Programs that run at once.</summary>
    public static int Programs => Full ? 64 : 16;

    /// <summary>How long they are started, run and killed.</summary>
    public static TimeSpan Duration => Full ? TimeSpan.FromSeconds(60) : TimeSpan.FromSeconds(3);

    /// <summary>How often a simulator is killed under threads that call.</summary>
    public static int Kills => Full ? 100 : 3;

    /// <summary>Random ioctls, from four threads.</summary>
    public static int RandomIoctls => Full ? 1_000_000 : 20_000;
}
