using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;

namespace Iommu.Hardware.NoIommu;

/// <summary>A table of 4 KiB pages that no hardware walks, over all 64 bits of IOVA. Physical addresses have 52 bits.</summary>
public sealed class NoIommuDomain : IPagingDomain
{
    private const int PageLog2 = 12;
    private const ulong PageBytes = 1UL << PageLog2;
    private const ulong PhysicalLast = (1UL << 52) - 1;

    private readonly NoIommuDriver _driver;
    private readonly Dictionary<ulong, ulong> _pages = [];

    internal NoIommuDomain(NoIommuDriver driver) => _driver = driver;

    public IIommuDriver Iommu => _driver;

    public bool IsNestParent => false;

    public ulong PageSizes => PageBytes;

    public ulong ApertureLast => ulong.MaxValue;

    /// <returns>
    /// EINVAL not whole pages, ERANGE beyond IOVA or physical addresses, EEXIST a page that is mapped: nothing is mapped then.
    /// </returns>
    public Errno Map(ulong iova, ulong physical, ulong lengthBytes, Access access)
    {
        if (lengthBytes == 0 || ((iova | physical | lengthBytes) & (PageBytes - 1)) != 0) return Errno.EINVAL;
        if (iova + (lengthBytes - 1) < iova || physical > PhysicalLast || PhysicalLast - physical < lengthBytes - 1) return Errno.ERANGE;
        var (first, frame, pages) = (iova >> PageLog2, physical >> PageLog2, lengthBytes >> PageLog2);
        for (var page = 0UL; page < pages; page++)
            if (_pages.ContainsKey(first + page)) return Errno.EEXIST;
        for (var page = 0UL; page < pages; page++) _pages[first + page] = frame + page;
        return Errno.None;
    }

    public ulong Unmap(ulong iova, ulong lengthBytes)
    {
        var unmapped = 0UL;
        for (var page = 0UL; page < lengthBytes >> PageLog2; page++)
            if (_pages.Remove((iova >> PageLog2) + page)) unmapped += PageBytes;
        return unmapped;
    }

    /// <summary>Nothing: no cache holds a translation.</summary>
    public IEnumerable<CommandBatch> Flush(ulong iova, ulong lengthBytes) => Plan.Nothing;

    public ulong? Lookup(ulong iova) =>
        _pages.TryGetValue(iova >> PageLog2, out var frame) ? frame << PageLog2 | (iova & (PageBytes - 1)) : null;

    public IEnumerable<CommandBatch> Free() => Plan.Nothing;
}
