namespace Iommu.Bridge.Memory;

/// <summary>
/// Physical addresses for the pages of programs. The same page of one file has the same address whoever maps it; private memory
/// has addresses of its own in each process. Neighbours within 2 MiB of a backing are neighbours in physical memory, as with huge pages.
/// Any thread may call it.
/// </summary>
internal sealed class PageFrames
{
    public const ulong PageBytes = 4096;

    private const ulong ExtentBytes = 1 << 21;
    private const ulong FirstFrame = 1UL << 44;
    private const int UnpinnedExtentsMax = 4096;

    private readonly Lock _lock = new();
    private readonly Dictionary<PageBacking, Extent> _extents = [];
    private readonly Dictionary<ulong, Extent> _byFrame = [];
    private readonly Stack<ulong> _free = new();
    private ulong _next = FirstFrame;
    private int _unpinned;

    /// <summary>Sum of the pin counts of all pages.</summary>
    public long PinnedTotal
    {
        get { lock (_lock) return _extents.Values.Sum(extent => (long)extent.PinnedTotal); }
    }

    /// <summary>The physical address of a page.</summary>
    public ulong Find(PageBacking page)
    {
        lock (_lock) return ExtentOf(page).Base + page.Offset % ExtentBytes;
    }

    /// <summary>Pins a page once more.</summary>
    public ulong Pin(PageBacking page)
    {
        lock (_lock)
        {
            var extent = ExtentOf(page);
            if (extent.PinnedTotal++ == 0) _unpinned--;
            extent.Pins[page.Offset % ExtentBytes / PageBytes]++;
            return extent.Base + page.Offset % ExtentBytes;
        }
    }

    /// <summary>Takes one pin of a page back, and says which page that is.</summary>
    /// <exception cref="InvalidOperationException">It is not pinned.</exception>
    public PageBacking Unpin(ulong frame)
    {
        lock (_lock)
        {
            var slot = frame % ExtentBytes / PageBytes;
            if (!_byFrame.TryGetValue(frame - frame % ExtentBytes, out var extent) || extent.Pins[slot] == 0)
                throw new InvalidOperationException($"page 0x{frame:x} is unpinned more often than it was pinned");
            extent.Pins[slot]--;
            if (--extent.PinnedTotal == 0) _unpinned++;
            return extent.First with { Offset = extent.First.Offset + slot * PageBytes };
        }
    }

    /// <summary>How often the page is pinned.</summary>
    public int PinsOf(PageBacking page)
    {
        lock (_lock)
            return _extents.TryGetValue(page.Extent(ExtentBytes), out var extent) ? extent.Pins[page.Offset % ExtentBytes / PageBytes] : 0;
    }

    /// <summary>What page is behind a physical address; null when none has been there.</summary>
    public PageBacking? BackingOf(ulong physical)
    {
        lock (_lock)
        {
            var offset = physical % ExtentBytes;
            if (!_byFrame.TryGetValue(physical - offset, out var extent)) return null;
            return extent.First with { Offset = extent.First.Offset + (offset - offset % PageBytes) };
        }
    }

    private Extent ExtentOf(PageBacking page)
    {
        var key = page.Extent(ExtentBytes);
        if (_extents.TryGetValue(key, out var known)) return known;
        // Pages that nobody pins may have another address the next time they are looked at.
        if (_unpinned >= UnpinnedExtentsMax) ForgetUnpinned();
        if (!_free.TryPop(out var address)) (address, _next) = (_next, _next + ExtentBytes);
        var extent = new Extent(key, address);
        _extents[key] = _byFrame[address] = extent;
        _unpinned++;
        return extent;
    }

    private void ForgetUnpinned()
    {
        foreach (var extent in _extents.Values.Where(extent => extent.PinnedTotal == 0).ToList())
        {
            _extents.Remove(extent.First);
            _byFrame.Remove(extent.Base);
            _free.Push(extent.Base);
        }
        _unpinned = 0;
    }

    private sealed class Extent(PageBacking first, ulong address)
    {
        public PageBacking First => first;

        public ulong Base => address;

        public int[] Pins { get; } = new int[ExtentBytes / PageBytes];

        public int PinnedTotal { get; set; }
    }
}

/// <summary>What a page is, whoever looks at it: a page of a file, or of one process's own memory.</summary>
/// <param name="Device">Of the file; <see cref="PrivateMemory"/> for a process's own.</param>
/// <param name="Inode">Of the file; the number of the process.</param>
/// <param name="Offset">In the file; the address in the process. A multiple of 4,096.</param>
internal readonly record struct PageBacking(ulong Device, ulong Inode, ulong Offset)
{
    public const ulong PrivateMemory = ulong.MaxValue;

    public static PageBacking Of(Mapping mapping, ulong address, ulong process)
    {
        var page = address - address % PageFrames.PageBytes;
        return mapping.Shared && mapping.Inode != 0
            ? new PageBacking(mapping.Device, mapping.Inode, page - mapping.Start + mapping.Offset)
            : new PageBacking(PrivateMemory, process, page);
    }

    public PageBacking Extent(ulong extentBytes) => this with { Offset = Offset - Offset % extentBytes };
}
