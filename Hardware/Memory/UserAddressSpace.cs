using System.Collections.Immutable;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Hardware.Memory;

/// <summary>
/// The address space of a process (a VMM): allocations and mapped files at user virtual addresses, backed by frames, that iommufd
/// pins. Any thread may call it. A frame goes back to the host when it is neither allocated nor pinned any more.
/// </summary>
public sealed class UserAddressSpace(PhysicalMemory memory, FrameAllocator frames) : IUserMemory
{
    private const ulong FirstAddress = 0x7000_0000_0000;
    private const ulong HugeBytes = 1UL << 30;

    private readonly Lock _lock = new();
    private ImmutableSortedDictionary<ulong, UserArea> _areas = ImmutableSortedDictionary<ulong, UserArea>.Empty;
    private readonly List<UserArea> _leaving = [];
    private ulong _next = FirstAddress;
    private long _pinned;

    /// <summary>Sum of the pins of all pages that were made by address of this process.</summary>
    public long PinnedTotal { get { lock (_lock) return _pinned; } }

    /// <summary>Allocates zeroed memory, in whole pages; the address is aligned to 1 GiB.</summary>
    /// <param name="lengthBytes">Rounded up to 4 KiB.</param>
    /// <param name="contiguous">Whether the frames are one naturally aligned run, as with huge pages, or single ones.</param>
    /// <returns>ENOMEM when the host has no frames left; EINVAL for length 0.</returns>
    public Result<ulong> Allocate(ulong lengthBytes, bool contiguous = false)
    {
        if (lengthBytes == 0) return Errno.EINVAL;
        var pages = (int)((lengthBytes + PhysicalMemory.PageBytes - 1) >> PhysicalMemory.PageLog2);
        var backing = PageBacking.Allocate(frames, pages, contiguous);
        return backing is null ? Errno.ENOMEM : Place(backing, 0, pages);
    }

    /// <summary>Maps pages of a file, shared with everybody who maps them; the address is aligned to 1 GiB.</summary>
    /// <param name="file">The file. It lives as long as it is mapped.</param>
    /// <param name="offset">Offset of the first byte, 4 KiB aligned.</param>
    /// <param name="lengthBytes">Rounded up to 4 KiB.</param>
    /// <returns>EINVAL misaligned, length 0, or beyond the end; EBADF a file that is gone.</returns>
    public Result<ulong> Map(MemoryFile file, ulong offset, ulong lengthBytes)
    {
        var pages = (lengthBytes + PhysicalMemory.PageBytes - 1) >> PhysicalMemory.PageLog2;
        var (first, all) = (offset >> PhysicalMemory.PageLog2, (ulong)file.Backing.PageCount);
        if (offset % PhysicalMemory.PageBytes != 0 || pages == 0 || first >= all || pages > all - first) return Errno.EINVAL;
        return file.TryHold() ? Place(file.Backing, (int)first, (int)pages) : Errno.EBADF;
    }

    /// <summary>Gives an allocation or a mapping of a file back, whole. Its pinned frames stay until they are unpinned.</summary>
    /// <returns>EINVAL when none starts there.</returns>
    public Errno Free(ulong va)
    {
        lock (_lock)
        {
            if (!_areas.TryGetValue(va, out var area)) return Errno.EINVAL;
            _areas = _areas.Remove(va);
            area.Backing.LetGo();
            _leaving.Add(area);
            ForgetUnpinned();
            return Errno.None;
        }
    }

    /// <summary>
    /// Takes over what another process has allocated, at the same addresses: as when it is started again from what was saved of it. This
    /// one has nothing yet.
    /// </summary>
    /// <exception cref="InvalidOperationException">The host has no frames left.</exception>
    public void TakeOver(UserAddressSpace other)
    {
        foreach (var area in other._areas.Values)
        {
            var length = area.End - area.Start;
            _next = area.Start;
            if (Allocate(length, other.IsContiguous(area)).Failed)
                throw new InvalidOperationException($"the host has no 0x{length:x} bytes left for what was at 0x{area.Start:x}");
            var page = new byte[PhysicalMemory.PageBytes];
            for (var va = area.Start; va < area.End; va += PhysicalMemory.PageBytes)
            {
                other.Read(va, page);
                if (page.AsSpan().ContainsAnyExcept((byte)0)) Write(va, page);
            }
        }
    }

    private bool IsContiguous(UserArea area)
    {
        var first = Translate(area.Start);
        for (var va = area.Start; va < area.End; va += PhysicalMemory.PageBytes)
            if (Translate(va) != first + (va - area.Start)) return false;
        return true;
    }

    /// <summary>Pins pages and tells where they are.</summary>
    /// <param name="va">Address of the first page, 4 KiB aligned.</param>
    /// <param name="physical">Filled with the address of each frame; its length is the number of pages.</param>
    /// <returns>EFAULT when a page is not allocated; nothing is pinned then. EINVAL for a misaligned address.</returns>
    public Errno Pin(ulong va, Span<ulong> physical)
    {
        if (va % PhysicalMemory.PageBytes != 0) return Errno.EINVAL;
        lock (_lock)
        {
            for (var i = 0; i < physical.Length;)
            {
                var page = va + (ulong)i * PhysicalMemory.PageBytes;
                if (Find(page) is not { } area) return Errno.EFAULT;
                i += area.PagesFrom(page);
            }
            _pinned += physical.Length;
            while (!physical.IsEmpty)
            {
                var area = Find(va)!;
                var count = Math.Min(physical.Length, area.PagesFrom(va));
                area.Backing.Pin(area.PageOf(va), physical[..count]);
                physical = physical[count..];
                va += (ulong)count * PhysicalMemory.PageBytes;
            }
            return Errno.None;
        }
    }

    /// <summary>Takes back one pin of each frame; of memory that was freed meanwhile too.</summary>
    public void Unpin(ReadOnlySpan<ulong> physical)
    {
        lock (_lock)
        {
            _pinned -= physical.Length;
            while (!physical.IsEmpty)
            {
                // What was pinned at once mostly lies side by side.
                var (area, page) = Locate(physical[0]);
                physical = physical[area.Backing.Unpin(page, physical)..];
            }
            ForgetUnpinned();
        }
    }

    /// <summary>How often the page at an address is pinned, by whatever way; 0 where nothing is.</summary>
    public int PinsOf(ulong va)
    {
        lock (_lock)
            return (Find(va) ?? _leaving.Find(area => area.Contains(va))) is { } area ? area.Backing.PinsOf(area.PageOf(va)) : 0;
    }

    /// <summary>The physical address behind a virtual one, or null where nothing is allocated.</summary>
    public ulong? Translate(ulong va)
    {
        var area = Find(va);
        return area is null ? null : area.Backing.FrameOf(area.PageOf(va)) + va % PhysicalMemory.PageBytes;
    }

    /// <returns>EFAULT when a byte is not allocated; what lies before it was copied.</returns>
    public Errno Read(ulong va, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            if (Translate(va) is not { } physical) return Errno.EFAULT;
            var count = Math.Min(destination.Length, PhysicalMemory.PageBytes - (int)(va % PhysicalMemory.PageBytes));
            memory.Read(physical, destination[..count]);
            destination = destination[count..];
            va += (ulong)count;
        }
        return Errno.None;
    }

    /// <returns>EFAULT when a byte is not allocated; what lies before it was copied.</returns>
    public Errno Write(ulong va, ReadOnlySpan<byte> source)
    {
        while (!source.IsEmpty)
        {
            if (Translate(va) is not { } physical) return Errno.EFAULT;
            var count = Math.Min(source.Length, PhysicalMemory.PageBytes - (int)(va % PhysicalMemory.PageBytes));
            memory.Write(physical, source[..count]);
            source = source[count..];
            va += (ulong)count;
        }
        return Errno.None;
    }

    public Errno ReadPinned(ulong physical, Span<byte> destination)
    {
        memory.Read(physical, destination);
        return Errno.None;
    }

    public Errno WritePinned(ulong physical, ReadOnlySpan<byte> source)
    {
        memory.Write(physical, source);
        return Errno.None;
    }

    private ulong Place(PageBacking backing, int firstPage, int pages)
    {
        lock (_lock)
        {
            var area = new UserArea(_next, backing, firstPage, pages);
            _next = (area.End + HugeBytes) & ~(HugeBytes - 1);
            _areas = _areas.Add(area.Start, area);
            return area.Start;
        }
    }

    // Areas start on 1 GiB boundaries and may span several, so the search steps back boundary by boundary.
    private UserArea? Find(ulong va)
    {
        var areas = Volatile.Read(ref _areas);
        // Any address may be asked for: one far behind all areas would take ages.
        if (va >= Volatile.Read(ref _next)) return null;
        for (var start = va & ~(HugeBytes - 1); start >= FirstAddress; start -= HugeBytes)
            if (areas.TryGetValue(start, out var area)) return area.Contains(va) ? area : null;
        return null;
    }

    private (UserArea Area, int Page) Locate(ulong frame)
    {
        foreach (var area in _areas.Values.Concat(_leaving))
            if (area.Backing.PageWithFrame(frame) is var page and >= 0) return (area, page);
        throw new InvalidOperationException($"frame 0x{frame:x} is unpinned, but it is not allocated");
    }

    private void ForgetUnpinned()
    {
        if (_leaving.Count > 0) _leaving.RemoveAll(area => area.Backing.PinnedTotal == 0);
    }
}
