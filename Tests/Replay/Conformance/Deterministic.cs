namespace Iommu.Tests.Replay.Conformance;

/// <summary>Configuration of deterministic mode.</summary>
public static class Deterministic
{
    public static string Seed(long seed) => $"iommu.replay.mode = deterministic\niommu.replay.seed = {seed}\n";
}
