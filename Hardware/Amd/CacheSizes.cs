namespace Iommu.Hardware.Amd;

/// <summary>Sizes of an IOMMU's caches, as log2 of their entries; small ones make evictions frequent.</summary>
public sealed record CacheSizes(int LeavesLog2 = 11, int TablesLog2 = 7)
{
    public static readonly CacheSizes Default = new();

    public static readonly CacheSizes Tiny = new(4, 2);
}
