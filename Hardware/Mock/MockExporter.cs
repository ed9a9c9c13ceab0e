using System.Collections.Concurrent;
using System.Numerics;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Hardware.Mock;

/// <summary>Exports dma-bufs of plain memory (selftest.c, iommufd_test_dmabuf_get). Any thread may call it.</summary>
public sealed class MockExporter(FrameAllocator frames)
{
    private const int PagesMax = 512;

    // The files of a process that journals name have numbers of their own, from 1 up.
    private const ulong FirstNumber = 1UL << 63;

    private readonly ConcurrentDictionary<DmaBuf, bool> _exported = new();
    private long _made;

    /// <summary>Whether it is a buffer that a journal names by this number.</summary>
    public static bool IsNumber(ulong file) => file >= FirstNumber;

    /// <summary>A buffer of zeroes.</summary>
    /// <param name="lengthBytes">Rounded up to 4 KiB; at most 2 MiB.</param>
    /// <returns>EINVAL for length 0 or above 2 MiB; ENOMEM.</returns>
    public Result<DmaBuf> Create(uint lengthBytes)
    {
        var pages = (int)(((ulong)lengthBytes + PhysicalMemory.PageBytes - 1) >> PhysicalMemory.PageLog2);
        if (pages is 0 or > PagesMax) return Errno.EINVAL;
        var order = BitOperations.Log2(BitOperations.RoundUpToPowerOf2((uint)pages));
        if (frames.Allocate(order) is not { } first) return Errno.ENOMEM;
        Free(pages, 1 << order);
        var number = FirstNumber + (ulong)Interlocked.Increment(ref _made);
        DmaBuf buffer = null!;
        buffer = new DmaBuf(number, first, (ulong)pages << PhysicalMemory.PageLog2, () =>
        {
            _exported.TryRemove(buffer, out _);
            Free(0, pages);
        });
        _exported[buffer] = true;
        return buffer;

        void Free(int from, int to)
        {
            for (var page = from; page < to; page++) frames.Free(first + ((ulong)page << PhysicalMemory.PageLog2));
        }
    }

    /// <summary>Whether a buffer that is still held is of its making.</summary>
    public bool Exports(DmaBuf buffer) => _exported.ContainsKey(buffer);
}
