using Iommu.Hardware;

namespace Iommu.Persistence.Mappings;

/// <summary>A contiguous mapping of an IOAS: IOVAs, the memory of the process behind them, rights.</summary>
public readonly record struct Area(ulong Iova, ulong LengthBytes, ulong UserAddress, Access Access)
{
    public ulong Last => Iova + (LengthBytes - 1);
}
