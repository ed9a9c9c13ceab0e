namespace Iommu.Hardware.Smmuv3;

/// <summary>Sizes of an SMMU's caches, as log2 of the number of sets of four; small ones make evictions frequent.</summary>
public sealed record CacheSizes(int TlbSetsLog2 = 12, int Stage2SetsLog2 = 11, int TableSetsLog2 = 8)
{
    public static readonly CacheSizes Default = new();

    public static readonly CacheSizes Tiny = new(2, 2, 1);
}
