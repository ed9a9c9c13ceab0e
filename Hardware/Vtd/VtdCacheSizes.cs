namespace Iommu.Hardware.Vtd;

/// <summary>Sizes of a unit's caches, as log2 of the number of sets of four; small ones make evictions frequent.</summary>
public sealed record VtdCacheSizes(int IotlbSetsLog2 = 12, int SecondSetsLog2 = 11, int TableSetsLog2 = 8)
{
    public static readonly VtdCacheSizes Default = new();

    public static readonly VtdCacheSizes Tiny = new(2, 2, 1);
}
