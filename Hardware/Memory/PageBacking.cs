namespace Iommu.Hardware.Memory;

/// <summary>
/// The frames behind an allocation or a file, and how often each is pinned. A frame goes back to the host when nobody holds
/// the whole any more and it is not pinned. Any thread may call it.
/// </summary>
internal sealed class PageBacking(FrameAllocator allocator, ulong[] frames)
{
    private readonly Lock _lock = new();
    private readonly ulong _firstFrame = frames[0];
    private readonly int[] _pins = new int[frames.Length];
    private long _pinned;
    private int _holders = 1;

    public int PageCount => frames.Length;

    /// <summary>Sum of the pin counts of all pages.</summary>
    public long PinnedTotal { get { lock (_lock) return _pinned; } }

    /// <summary>Frames for a number of pages, or null when the host has none left.</summary>
    /// <param name="allocator">Where they come from.</param>
    /// <param name="pages">How many.</param>
    /// <param name="contiguous">One naturally aligned run, as with huge pages, or single ones.</param>
    public static PageBacking? Allocate(FrameAllocator allocator, int pages, bool contiguous) =>
        (contiguous ? TakeRun(allocator, pages) : TakeSingles(allocator, pages)) is { } taken ? new PageBacking(allocator, taken) : null;

    public ulong FrameOf(int page) => frames[page];

    public int PinsOf(int page) { lock (_lock) return _pins[page]; }

    /// <summary>The page that a frame is behind; -1 when none. One run finds it without a search.</summary>
    public int PageWithFrame(ulong frame)
    {
        var ifOneRun = (frame - _firstFrame) >> PhysicalMemory.PageLog2;
        return ifOneRun < (ulong)frames.Length && frames[ifOneRun] == frame ? (int)ifOneRun : Array.IndexOf(frames, frame);
    }

    public void Pin(int page, Span<ulong> physical)
    {
        frames.AsSpan(page, physical.Length).CopyTo(physical);
        lock (_lock)
        {
            foreach (ref var pins in _pins.AsSpan(page, physical.Length)) pins++;
            _pinned += physical.Length;
        }
    }

    /// <summary>Takes back a pin of each frame that lies behind the pages from one on, in their order.</summary>
    /// <returns>How many of the frames those were.</returns>
    /// <exception cref="InvalidOperationException">A page was not pinned.</exception>
    public int Unpin(int page, ReadOnlySpan<ulong> physical)
    {
        lock (_lock)
        {
            var count = 0;
            for (; count < physical.Length && page + count < frames.Length && frames[page + count] == physical[count]; count++)
            {
                if (--_pins[page + count] < 0)
                    throw new InvalidOperationException($"frame 0x{physical[count]:x} is unpinned more often than it was pinned");
                _pinned--;
                ReleaseIfUnused(page + count);
            }
            return count;
        }
    }

    /// <summary>False when nobody holds it any more.</summary>
    public bool TryHold()
    {
        lock (_lock)
        {
            if (_holders == 0) return false;
            _holders++;
            return true;
        }
    }

    public void LetGo()
    {
        lock (_lock)
        {
            if (--_holders > 0) return;
            for (var page = 0; page < frames.Length; page++) ReleaseIfUnused(page);
        }
    }

    private void ReleaseIfUnused(int page)
    {
        if (_holders > 0 || _pins[page] != 0 || frames[page] == 0) return;
        allocator.Free(frames[page]);
        frames[page] = 0;
    }

    private static ulong[]? TakeSingles(FrameAllocator allocator, int pages)
    {
        var taken = new ulong[pages];
        for (var i = 0; i < pages; i++)
        {
            if (allocator.Allocate() is { } frame) taken[i] = frame;
            else
            {
                for (var j = 0; j < i; j++) allocator.Free(taken[j]);
                return null;
            }
        }
        return taken;
    }

    private static ulong[]? TakeRun(FrameAllocator allocator, int pages)
    {
        var order = (int)System.Numerics.BitOperations.Log2(System.Numerics.BitOperations.RoundUpToPowerOf2((uint)pages));
        if (allocator.Allocate(order) is not { } first) return null;
        for (var i = pages; i < 1 << order; i++) allocator.Free(first + (ulong)i * PhysicalMemory.PageBytes);
        var run = new ulong[pages];
        for (var i = 0; i < pages; i++) run[i] = first + (ulong)i * PhysicalMemory.PageBytes;
        return run;
    }
}
