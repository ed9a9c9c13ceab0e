using System.Collections.Immutable;
using Iommu.Messages;

namespace Iommu.Hardware.Memory;

/// <summary>
/// The address space of a process (a VMM): allocations at user virtual addresses, backed by frames, that iommufd pins.
/// Any thread may call it. A frame goes back to the host when it is neither allocated nor pinned any more.
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

    /// <summary>Sum of the pin counts of all pages.</summary>
    public long PinnedTotal { get { lock (_lock) return _pinned; } }

    /// <summary>Allocates zeroed memory, in whole pages; the address is aligned to 1 GiB.</summary>
    /// <param name="lengthBytes">Rounded up to 4 KiB.</param>
    /// <param name="contiguous">Whether the frames are one naturally aligned run, as with huge pages, or single ones.</param>
    /// <returns>ENOMEM when the host has no frames left; EINVAL for length 0.</returns>
    public Result<ulong> Allocate(ulong lengthBytes, bool contiguous = false)
    {
        if (lengthBytes == 0) return Errno.EINVAL;
        var pages = (int)((lengthBytes + PhysicalMemory.PageBytes - 1) >> PhysicalMemory.PageLog2);
        var backing = contiguous ? TakeRun(pages) : TakeSingles(pages);
        if (backing is null) return Errno.ENOMEM;
        lock (_lock)
        {
            var area = new UserArea(_next, backing);
            _next = (area.End + HugeBytes) & ~(HugeBytes - 1);
            _areas = _areas.Add(area.Start, area);
            return area.Start;
        }
    }

    /// <summary>Gives an allocation back, whole. Its pinned frames stay until they are unpinned.</summary>
    /// <returns>EINVAL when no allocation starts there.</returns>
    public Errno Free(ulong va)
    {
        lock (_lock)
        {
            if (!_areas.TryGetValue(va, out var area)) return Errno.EINVAL;
            _areas = _areas.Remove(va);
            area.Freed = true;
            _leaving.Add(area);
            for (var page = 0; page < area.Frames.Length; page++) ReleaseIfUnused(area, page);
            return Errno.None;
        }
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
            UserArea? area = null;
            for (var i = 0; i < physical.Length; i++)
            {
                var page = va + (ulong)i * PhysicalMemory.PageBytes;
                if (area is null || !area.Contains(page)) area = Find(page);
                if (area is null) return Errno.EFAULT;
                physical[i] = area.Frames[area.PageOf(page)];
            }
            for (var i = 0; i < physical.Length; i++)
            {
                var page = va + (ulong)i * PhysicalMemory.PageBytes;
                if (!area!.Contains(page) || i == 0) area = Find(page)!;
                CountPin(area, area.PageOf(page), +1);
            }
            return Errno.None;
        }
    }

    /// <summary>Takes back one pin of each frame; of memory that was freed meanwhile too.</summary>
    public void Unpin(ReadOnlySpan<ulong> physical)
    {
        lock (_lock)
        {
            UserArea? area = null;
            var page = -1;
            foreach (var frame in physical)
            {
                // What was pinned at once mostly lies side by side.
                page++;
                if (area is null || page >= area.Frames.Length || area.Frames[page] != frame) (area, page) = Locate(frame);
                CountPin(area, page, -1);
            }
        }
    }

    /// <summary>How often the page at an address is pinned; 0 where nothing is.</summary>
    public int PinsOf(ulong va)
    {
        lock (_lock) return FindAny(va) is { } area ? area.Pins[area.PageOf(va)] : 0;
    }

    /// <summary>The physical address behind a virtual one, or null where nothing is allocated.</summary>
    public ulong? Translate(ulong va)
    {
        var area = Find(va);
        return area is null ? null : area.Frames[area.PageOf(va)] + va % PhysicalMemory.PageBytes;
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

    // Areas start on 1 GiB boundaries and may span several, so the search steps back boundary by boundary.
    private UserArea? Find(ulong va)
    {
        var areas = Volatile.Read(ref _areas);
        for (var start = va & ~(HugeBytes - 1); start >= FirstAddress; start -= HugeBytes)
            if (areas.TryGetValue(start, out var area)) return area.Contains(va) ? area : null;
        return null;
    }

    private UserArea? FindAny(ulong va) => Find(va) ?? _leaving.Find(area => area.Contains(va));

    private (UserArea Area, int Page) Locate(ulong frame)
    {
        foreach (var area in _areas.Values.Concat(_leaving))
            if (area.PageWithFrame(frame) is var page and >= 0) return (area, page);
        throw new InvalidOperationException($"frame 0x{frame:x} is unpinned, but it is not allocated");
    }

    private void CountPin(UserArea area, int page, int delta)
    {
        if (area.Pins[page] + delta < 0)
            throw new InvalidOperationException($"frame 0x{area.Frames[page]:x} is unpinned more often than it was pinned");
        area.Pins[page] += delta;
        _pinned += delta;
        if (delta < 0) ReleaseIfUnused(area, page);
    }

    private void ReleaseIfUnused(UserArea area, int page)
    {
        if (!area.Freed || area.Pins[page] != 0 || area.Frames[page] == 0) return;
        frames.Free(area.Frames[page]);
        area.Frames[page] = 0;
        if (--area.Backed == 0) _leaving.Remove(area);
    }

    private ulong[]? TakeSingles(int pages)
    {
        var taken = new ulong[pages];
        for (var i = 0; i < pages; i++)
        {
            if (frames.Allocate() is { } frame) taken[i] = frame;
            else
            {
                for (var j = 0; j < i; j++) frames.Free(taken[j]);
                return null;
            }
        }
        return taken;
    }

    private ulong[]? TakeRun(int pages)
    {
        var order = (int)System.Numerics.BitOperations.Log2(System.Numerics.BitOperations.RoundUpToPowerOf2((uint)pages));
        if (frames.Allocate(order) is not { } first) return null;
        for (var i = pages; i < 1 << order; i++) frames.Free(first + (ulong)i * PhysicalMemory.PageBytes);
        var run = new ulong[pages];
        for (var i = 0; i < pages; i++) run[i] = first + (ulong)i * PhysicalMemory.PageBytes;
        return run;
    }
}
