using Iommu.Messages;

namespace Iommu.Actors.Core;

/// <summary>
/// The regions that a context's file offers to mmap() (main.c and driver.c, mt_mmap): each at the lowest offset with room, the first
/// page left out. Any thread may call it.
/// </summary>
/// <typeparam name="TOwner">Who offers a region; compared by identity.</typeparam>
internal sealed class MmapTable<TOwner> where TOwner : class
{
    private const ulong PageBytes = 4096;

    private readonly Lock _lock = new();
    private readonly List<MmapRegion<TOwner>> _regions = [];

    /// <summary>What mmap() itself refuses of a call, before any region is looked up.</summary>
    public static Errno Check(Mmap call)
    {
        if (call.LengthBytes == 0 || ((call.Offset | call.LengthBytes) & (PageBytes - 1)) != 0 || !call.Shared) return Errno.EINVAL;
        return call.Executable ? Errno.EPERM : Errno.None;
    }

    /// <returns>The offset; EINVAL unaligned or empty, EBUSY no room.</returns>
    public Result<ulong> Alloc(TOwner owner, ulong physical, ulong lengthBytes)
    {
        if (lengthBytes == 0 || ((physical | lengthBytes) & (PageBytes - 1)) != 0) return Errno.EINVAL;
        lock (_lock)
        {
            var (index, start) = (0, PageBytes);
            for (; index < _regions.Count && _regions[index].Offset - start < lengthBytes; index++)
            {
                // Beyond the last byte there is none.
                if (_regions[index].Last == ulong.MaxValue) return Errno.EBUSY;
                start = _regions[index].Last + 1;
            }
            if (lengthBytes - 1 > ulong.MaxValue - start) return Errno.EBUSY;
            _regions.Insert(index, new MmapRegion<TOwner>(start, lengthBytes, physical, owner));
            return start;
        }
    }

    /// <summary>Every region, in order.</summary>
    public IReadOnlyList<MmapRegion<TOwner>> All { get { lock (_lock) return [.. _regions]; } }

    /// <summary>The region that starts at an offset, and not one that merely holds it; null when there is none.</summary>
    public MmapRegion<TOwner>? Find(ulong offset)
    {
        lock (_lock) return _regions.Find(region => region.Offset == offset);
    }

    /// <exception cref="InvalidOperationException">It is not the owner's.</exception>
    public void Free(TOwner owner, ulong offset)
    {
        lock (_lock)
        {
            if (_regions.RemoveAll(region => region.Offset == offset && ReferenceEquals(region.Owner, owner)) == 0)
                throw new InvalidOperationException($"the region at 0x{offset:x} is given back by one that does not own it");
        }
    }

    /// <summary>Takes back whatever an owner still has; how many that were.</summary>
    public int FreeAll(TOwner owner)
    {
        lock (_lock) return _regions.RemoveAll(region => ReferenceEquals(region.Owner, owner));
    }
}
