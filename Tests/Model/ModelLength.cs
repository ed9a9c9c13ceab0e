namespace Iommu.Tests.Model;

/// <summary>How long the model's tests run: short in the suite, and at full length when IOMMU_MODEL is "full" (docs/model.md).</summary>
internal static class ModelLength
{
    private static readonly bool Full = Environment.GetEnvironmentVariable("IOMMU_MODEL") == "full";

    /// <summary>Seeds of 400 calls each.</summary>
    public static int Sequences => Full ? 250 : 30;

    /// <summary>Histories of four clients with four calls each, of interleavings by seed; and as many of threads.</summary>
    public static int Histories => Full ? 10_000 : 300;
}
