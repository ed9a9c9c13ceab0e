namespace Iommu.Bench.Actors;

/// <summary>Says that a measurement is over.</summary>
internal sealed class Done
{
    public static readonly Done Instance = new();
}
