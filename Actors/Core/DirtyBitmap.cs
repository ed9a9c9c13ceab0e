using System.Numerics;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Core;

/// <summary>
/// A bit for each piece of a range of IOVAs, lowest address in bit 0 of the first byte (iova_bitmap.c). A piece is as long as the
/// lowest bit that is set in the page size.
/// </summary>
internal sealed class DirtyBitmap
{
    private readonly ulong _iova;
    private readonly ulong _lengthBytes;
    private readonly int _pieceLog2;
    private readonly byte[] _bytes;

    private DirtyBitmap(ulong iova, ulong lengthBytes, int pieceLog2, byte[] bytes) =>
        (_iova, _lengthBytes, _pieceLog2, _bytes) = (iova, lengthBytes, pieceLog2, bytes);

    public ReadOnlyMemory<byte> Bytes => _bytes;

    /// <summary>All bits clear.</summary>
    /// <param name="iova">First byte.</param>
    /// <param name="lengthBytes">Length; 0 for no bit at all.</param>
    /// <param name="pageSizeBytes">Not 0.</param>
    /// <returns>ENOMEM for more bits than an array holds.</returns>
    public static Result<DirtyBitmap> Create(ulong iova, ulong lengthBytes, ulong pageSizeBytes)
    {
        var pieceLog2 = BitOperations.TrailingZeroCount(pageSizeBytes);
        var bytes = lengthBytes == 0 ? 0 : (((lengthBytes - 1) >> pieceLog2) / 8) + 1;
        return bytes > (ulong)Array.MaxLength ? Errno.ENOMEM : new DirtyBitmap(iova, lengthBytes, pieceLog2, new byte[bytes]);
    }

    /// <summary>hw_pagetable.c, iommufd_hwpt_get_dirty_bitmap, what comes before the HWPT is looked up.</summary>
    public static Errno CheckFlags(DirtyBitmapFlags flags) =>
        (flags & ~DirtyBitmapFlags.NoClear) == 0 ? Errno.None : Errno.EOPNOTSUPP;

    /// <summary>hw_pagetable.c, iommufd_hwpt_set_dirty_tracking, what comes before the HWPT is looked up.</summary>
    public static Errno CheckFlags(DirtyTrackingFlags flags) =>
        (flags & ~DirtyTrackingFlags.Enable) == 0 ? Errno.None : Errno.EOPNOTSUPP;

    /// <summary>io_pagetable.c, iommufd_check_iova_range.</summary>
    /// <param name="call">The call.</param>
    /// <param name="alignment">What an IOVA of the IOAS must be a multiple of.</param>
    public static Errno Check(HwptGetDirtyBitmap call, ulong alignment)
    {
        if (call.LengthBytes == 0) return Errno.EINVAL;
        if (call.LengthBytes - 1 > ulong.MaxValue - call.Iova) return Errno.EOVERFLOW;
        var end = unchecked(call.Iova + call.LengthBytes);
        if (((call.Iova | end) & (alignment - 1)) != 0) return Errno.EINVAL;
        if (call.PageSizeBytes == 0) return Errno.EINVAL;
        return ((call.Iova | end) & (call.PageSizeBytes - 1)) != 0 ? Errno.EINVAL : Errno.None;
    }

    /// <summary>
    /// Sets the bit of every piece that a page of a table has a byte in. Of a page that reaches out of the range, what is inside
    /// counts (the kernel forgets one that starts before it, though it clears it).
    /// </summary>
    public void Set(ulong iova, ulong lengthBytes)
    {
        var (first, last) = (Math.Max(iova, _iova), Math.Min(iova + (lengthBytes - 1), _iova + (_lengthBytes - 1)));
        if (_lengthBytes == 0 || first > last) return;
        for (var bit = (first - _iova) >> _pieceLog2; bit <= (last - _iova) >> _pieceLog2; bit++)
            _bytes[bit / 8] |= (byte)(1 << (int)(bit % 8));
    }
}
