using System.Numerics;

namespace Iommu.Hardware.Memory;

/// <summary>
/// Hands out zeroed 4 KiB frames of a range of physical memory, singly or as naturally aligned runs of a power of two.
/// Any thread may call it. <see cref="FailAt"/> makes a chosen allocation fail, for tests of error paths.
/// </summary>
public sealed class FrameAllocator
{
    private readonly Lock _lock = new();
    private readonly PhysicalMemory _memory;
    private readonly ulong _end;
    private readonly Stack<ulong>[] _free;
    private ulong _next;
    private long _inUse;
    private long _requests;
    private long _failAt = -1;

    /// <param name="memory">The memory that the frames are part of.</param>
    /// <param name="first">Address of the first frame, 4 KiB aligned.</param>
    /// <param name="frames">How many frames there are.</param>
    public FrameAllocator(PhysicalMemory memory, ulong first, long frames)
    {
        _memory = memory;
        _next = first;
        _end = first + (ulong)frames * PhysicalMemory.PageBytes;
        _free = Enumerable.Range(0, 37).Select(_ => new Stack<ulong>()).ToArray();
    }

    /// <summary>Frames that are allocated now.</summary>
    public long InUse { get { lock (_lock) return _inUse; } }

    /// <summary>Allocations asked for so far, those that failed included.</summary>
    public long Requests { get { lock (_lock) return _requests; } }

    /// <summary>Makes the n-th allocation from now on fail (0 is the next one); once.</summary>
    public void FailAt(long n)
    {
        lock (_lock) _failAt = _requests + n;
    }

    /// <summary>One frame, or null when there is none left.</summary>
    public ulong? Allocate() => Allocate(0);

    /// <summary>2^<paramref name="orderLog2"/> contiguous frames, aligned to their size, or null when there are none left.</summary>
    public ulong? Allocate(int orderLog2)
    {
        ulong? found;
        lock (_lock)
        {
            found = _requests++ == _failAt ? null : Take(orderLog2);
            if (found is not null) _inUse += 1L << orderLog2;
        }
        if (found is { } address) _memory.ClearPages(address, 1 << orderLog2);
        return found;
    }

    public void Free(ulong address, int orderLog2 = 0)
    {
        lock (_lock)
        {
            _free[orderLog2].Push(address);
            _inUse -= 1L << orderLog2;
        }
    }

    private ulong? Take(int order)
    {
        if (_free[order].TryPop(out var recycled)) return recycled;
        return Carve(order) ?? Split(order);
    }

    private ulong? Carve(int order)
    {
        var size = (ulong)PhysicalMemory.PageBytes << order;
        var address = (_next + size - 1) & ~(size - 1);
        if (address + size > _end) return null;
        GiveBackGap(address);
        _next = address + size;
        return address;
    }

    // What alignment skipped is kept, in the largest aligned runs that it holds.
    private void GiveBackGap(ulong end)
    {
        while (_next < end)
        {
            var frame = _next >> PhysicalMemory.PageLog2;
            var left = (end - _next) >> PhysicalMemory.PageLog2;
            var order = Math.Min(frame == 0 ? 36 : BitOperations.TrailingZeroCount(frame), BitOperations.Log2(left));
            _free[order].Push(_next);
            _next += (ulong)PhysicalMemory.PageBytes << order;
        }
    }

    private ulong? Split(int order)
    {
        for (var larger = order + 1; larger < _free.Length; larger++)
        {
            if (!_free[larger].TryPop(out var address)) continue;
            for (var o = larger - 1; o >= order; o--) _free[o].Push(address + ((ulong)PhysicalMemory.PageBytes << o));
            return address;
        }
        return null;
    }
}
