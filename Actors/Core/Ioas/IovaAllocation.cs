using System.Numerics;
using Iommu.Messages;

namespace Iommu.Actors.Core.Ioas;

/// <summary>
/// Chooses IOVAs as io_pagetable.c does (iopt_alloc_iova), to the byte: the lowest hole in what is allowed, at an alignment that the
/// address of the memory has too, so that large pages fit, and with its offset in the page. A kernel with transparent huge pages of
/// 2 MiB.
/// </summary>
internal static class IovaAllocation
{
    private const ulong AlignmentMax = 1 << 21;

    /// <param name="address">Of the memory in its process, or offset in its file.</param>
    /// <param name="lengthBytes">Length.</param>
    /// <param name="alignment">What every IOVA of the IOAS is a multiple of.</param>
    /// <param name="allowed">Where, in order.</param>
    /// <param name="holes">What is free between two IOVAs, in order.</param>
    /// <returns>EOVERFLOW a length that no hole has, EINVAL an address that does not fit the alignment, ENOSPC no hole.</returns>
    public static Result<ulong> Choose(
        ulong address, ulong lengthBytes, ulong alignment, IReadOnlyList<IovaRange> allowed,
        Func<ulong, ulong, IEnumerable<IovaRange>> holes)
    {
        if (lengthBytes is 0 or >= ulong.MaxValue / 2) return Errno.EOVERFLOW;
        var pageOffset = address % PinnedPages.PageBytes;
        var wanted = BitOperations.RoundUpToPowerOf2(lengthBytes);
        if (address != 0) wanted = Math.Min(wanted, address & (~address + 1));
        wanted = Math.Min(wanted, AlignmentMax);
        if (wanted < alignment) return Errno.EINVAL;
        foreach (var span in allowed)
        {
            if (Fit(span.Start, span.Last, lengthBytes, wanted, pageOffset) is not { } start) continue;
            foreach (var hole in holes(start, span.Last))
                if (Fit(hole.Start, hole.Last, lengthBytes, wanted, pageOffset) is { } iova) return iova;
        }
        return Errno.ENOSPC;
    }

    private static ulong? Fit(ulong start, ulong last, ulong lengthBytes, ulong alignment, ulong pageOffset)
    {
        if (start > ulong.MaxValue - (alignment - 1)) return null;
        var at = ((start + (alignment - 1)) & ~(alignment - 1)) | pageOffset;
        return at < last && last - at >= lengthBytes - 1 ? at : null;
    }
}
