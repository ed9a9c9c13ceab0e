using System.Buffers;
using Iommu.Hardware;
using Iommu.Messages;

namespace Iommu.Actors.Core.Ioas;

/// <summary>Drivers that reach memory without DMA: who they are, what they pin, read and write (device.c, iommufd_access_*).</summary>
public sealed partial class IoPagetable
{
    private const int BytesAtOnceMax = 1 << 16;

    private readonly Dictionary<object, ulong> _accesses = new(ReferenceEqualityComparer.Instance);

    /// <summary>An access is on this IOAS from now on (iopt_add_access). EADDRINUSE an area that does not fit its alignment.</summary>
    /// <param name="access">Which; compared by identity.</param>
    /// <param name="pins">Whether it pins: everything is then aligned to pages.</param>
    public Errno AddAccess(object access, bool pins)
    {
        if (_failures.ShouldFail("add access")) return Errno.ENOMEM;
        _accesses.Add(access, pins ? PageBytes : 1);
        var errno = CalculateAlignment();
        if (errno != Errno.None) _accesses.Remove(access);
        return errno;
    }

    /// <summary>
    /// Undoes <see cref="AddAccess"/>. When a journal tells of its end, call this only after that is durable, as <see cref="EndDomain"/>.
    /// </summary>
    public void RemoveAccess(object access)
    {
        if (_accesses.Remove(access)) CalculateAlignment();
    }

    /// <summary>Pins pages for a driver (iommufd_access_pin_pages): the physical address of each.</summary>
    /// <param name="iova">First byte, where a page of memory begins.</param>
    /// <param name="lengthBytes">Length.</param>
    /// <param name="write">Whether they will be written.</param>
    /// <param name="lockArea">Whether it does not let go when it is asked to: an unmap is refused then (a hardware queue).</param>
    /// <returns>
    /// EINVAL length 0, memory that is not aligned to pages, an area that is being unmapped, or a dma-buf; EOVERFLOW; ENOENT not mapped
    /// whole; EPERM without the right; and what pinning says. Nothing is pinned then.
    /// </returns>
    public Result<ulong[]> PinForAccess(ulong iova, ulong lengthBytes, bool write, bool lockArea)
    {
        if (lengthBytes == 0) return Errno.EINVAL;
        var last = unchecked(iova + (lengthBytes - 1));
        if (last < iova) return Errno.EOVERFLOW;
        var frames = new List<ulong>();
        var pinned = new List<AreaPart>();
        var errno = Errno.ENOENT;
        foreach (var part in _areas.Contiguous(iova, last))
        {
            errno = Pin(part, last, write, frames);
            if (errno != Errno.None) break;
            part.Area.Accesses++;
            if (lockArea) part.Area.Locks++;
            pinned.Add(part);
        }
        if (errno == Errno.None && pinned[^1].Last != last) errno = Errno.ENOENT;
        if (errno == Errno.None) return frames.ToArray();
        foreach (var part in pinned) Unpin(part, lockArea);
        return errno;
    }

    /// <summary>Undoes one <see cref="PinForAccess"/> of exactly this range. EINVAL when there is none; nothing has changed then.</summary>
    public Errno UnpinForAccess(ulong iova, ulong lengthBytes, bool lockArea)
    {
        var last = unchecked(iova + (lengthBytes - 1));
        if (lengthBytes == 0 || last < iova) return Errno.EINVAL;
        var parts = _areas.Contiguous(iova, last).ToList();
        if (parts.Count == 0 || parts[^1].Last != last) return Errno.EINVAL;
        if (!parts.TrueForAll(part => part.Area.Accesses > 0 && (!lockArea || part.Area.Locks > 0)
            && part.Area.Pages.HasAccess(part.FirstPage, part.LastPage))) return Errno.EINVAL;
        foreach (var part in parts) Unpin(part, lockArea);
        return Errno.None;
    }

    /// <summary>Copies bytes out, pinned or not (iommufd_access_rw).</summary>
    /// <returns>EINVAL length 0, an area that is being unmapped, or a dma-buf; EOVERFLOW; ENOENT; EPERM; EFAULT.</returns>
    public Result<byte[]> Read(ulong iova, ulong lengthBytes)
    {
        if (lengthBytes == 0) return Errno.EINVAL;
        // Piece by piece: the length that a caller asks for is no measure of the memory that there is.
        var bytes = new ArrayBufferWriter<byte>();
        var errno = Copy(iova, lengthBytes, Access.Read, (pages, startByte, count) =>
        {
            if (bytes.WrittenCount > Array.MaxLength - count) return Errno.ENOMEM;
            var read = pages.Read(startByte, bytes.GetSpan(count)[..count]);
            bytes.Advance(count);
            return read;
        });
        return errno == Errno.None ? bytes.WrittenSpan.ToArray() : errno;
    }

    /// <summary>Copies bytes in; as <see cref="Read"/>. What lies before an error is written.</summary>
    public Errno Write(ulong iova, ReadOnlyMemory<byte> bytes)
    {
        if (bytes.IsEmpty) return Errno.EINVAL;
        var left = bytes;
        return Copy(iova, (ulong)bytes.Length, Access.Write, (pages, startByte, count) =>
        {
            var piece = left[..count];
            left = left[count..];
            return pages.Write(startByte, piece.Span);
        });
    }

    private Errno Copy(ulong iova, ulong lengthBytes, Access right, Func<PinnedPages, ulong, int, Errno> copy)
    {
        var last = unchecked(iova + (lengthBytes - 1));
        if (last < iova) return Errno.EOVERFLOW;
        var covered = false;
        foreach (var part in _areas.Contiguous(iova, last))
        {
            if (part.Area.PreventsAccess) return Errno.EINVAL;
            if (!part.Area.Access.HasFlag(right)) return Errno.EPERM;
            for (var done = 0UL; done < part.LengthBytes;)
            {
                var count = (int)Math.Min(BytesAtOnceMax, part.LengthBytes - done);
                var errno = copy(part.Area.Pages, part.Area.StartByteAt(part.Iova) + done, count);
                if (errno != Errno.None) return errno;
                done += (ulong)count;
            }
            covered = part.Last == last;
        }
        return covered ? Errno.None : Errno.ENOENT;
    }

    private Errno Pin(AreaPart part, ulong last, bool write, List<ulong> frames)
    {
        var area = part.Area;
        var endsInside = part.Last == last;
        if (area.PreventsAccess || area.StartByteAt(part.Iova) % PageBytes != 0
            || (!endsInside && area.StartByteAt(area.Last) % PageBytes != PageBytes - 1)) return Errno.EINVAL;
        if (!area.Access.HasFlag(write ? Access.Write : Access.Read)) return Errno.EPERM;
        if (_failures.ShouldFail("pin pages")) return Errno.ENOMEM;
        return area.Pages.AddAccess(part.FirstPage, part.LastPage, write, frames);
    }

    private static void Unpin(AreaPart part, bool lockArea)
    {
        part.Area.Pages.RemoveAccess(part.FirstPage, part.LastPage);
        part.Area.Accesses--;
        if (lockArea) part.Area.Locks--;
    }
}
