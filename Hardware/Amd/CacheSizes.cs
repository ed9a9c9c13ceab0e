namespace Iommu.Hardware.Amd;

/// <summary>
/// Sizes of an IOMMU's caches, as log2 of their entries: for pages, for what is part of larger ones, for tables. Small ones make
/// evictions frequent.
/// </summary>
public sealed record CacheSizes(int PagesLog2 = 11, int LargeLog2 = 7, int TablesLog2 = 7)
{
    public static readonly CacheSizes Default = new();

    public static readonly CacheSizes Tiny = new(4, 2, 2);
}
