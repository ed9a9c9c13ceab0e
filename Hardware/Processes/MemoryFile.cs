using Iommu.Hardware.Memory;
using Iommu.Messages;

namespace Iommu.Hardware.Processes;

/// <summary>
/// A memfd of the simulated host. Processes that map it (<see cref="UserAddressSpace.Map"/>) and IOASes that map it share its frames.
/// Any thread may call it.
/// </summary>
public sealed class MemoryFile : IMemoryFile
{
    private readonly PhysicalMemory _memory;

    private MemoryFile(ulong number, PhysicalMemory memory, PageBacking backing, ulong lengthBytes) =>
        (Number, _memory, Backing, LengthBytes) = (number, memory, backing, lengthBytes);

    public ulong Number { get; }

    public ulong LengthBytes { get; }

    /// <summary>Sum of the pin counts of all pages, by whatever way.</summary>
    public long PinnedTotal => Backing.PinnedTotal;

    internal PageBacking Backing { get; }

    /// <summary>A file of zeroes.</summary>
    /// <param name="number">Its <see cref="IHeldFile.Number"/>.</param>
    /// <param name="memory">The host's memory.</param>
    /// <param name="frames">Where its frames come from.</param>
    /// <param name="lengthBytes">Its length.</param>
    /// <param name="contiguous">One aligned run of frames, as of huge pages, or single ones.</param>
    /// <returns>EINVAL length 0; ENOMEM.</returns>
    public static Result<MemoryFile> Create(
        ulong number, PhysicalMemory memory, FrameAllocator frames, ulong lengthBytes, bool contiguous = false)
    {
        if (lengthBytes == 0) return Errno.EINVAL;
        var pages = (int)((lengthBytes + PhysicalMemory.PageBytes - 1) >> PhysicalMemory.PageLog2);
        var backing = PageBacking.Allocate(frames, pages, contiguous);
        return backing is null ? Errno.ENOMEM : new MemoryFile(number, memory, backing, lengthBytes);
    }

    /// <summary>As memfd_pin_folios(): EINVAL when the last page is not wholly inside the file.</summary>
    public Errno Pin(ulong offset, Span<ulong> frames)
    {
        var length = (ulong)frames.Length * PhysicalMemory.PageBytes;
        if (offset % PhysicalMemory.PageBytes != 0 || !Holds(offset, length)) return Errno.EINVAL;
        Backing.Pin((int)(offset >> PhysicalMemory.PageLog2), frames);
        return Errno.None;
    }

    public void Unpin(ReadOnlySpan<ulong> frames)
    {
        while (!frames.IsEmpty)
        {
            var page = Backing.PageWithFrame(frames[0]);
            if (page < 0) throw new InvalidOperationException($"frame 0x{frames[0]:x} is unpinned, but it is not of file {Number}");
            frames = frames[Backing.Unpin(page, frames)..];
        }
    }

    public Errno Read(ulong offset, Span<byte> destination)
    {
        if (!Holds(offset, (ulong)destination.Length)) return Errno.EINVAL;
        while (!destination.IsEmpty)
        {
            var count = Math.Min(destination.Length, PhysicalMemory.PageBytes - (int)(offset % PhysicalMemory.PageBytes));
            _memory.Read(Translate(offset)!.Value, destination[..count]);
            destination = destination[count..];
            offset += (ulong)count;
        }
        return Errno.None;
    }

    public Errno Write(ulong offset, ReadOnlySpan<byte> source)
    {
        if (!Holds(offset, (ulong)source.Length)) return Errno.EINVAL;
        while (!source.IsEmpty)
        {
            var count = Math.Min(source.Length, PhysicalMemory.PageBytes - (int)(offset % PhysicalMemory.PageBytes));
            _memory.Write(Translate(offset)!.Value, source[..count]);
            source = source[count..];
            offset += (ulong)count;
        }
        return Errno.None;
    }

    public Errno ReadPinned(ulong physical, Span<byte> destination)
    {
        _memory.Read(physical, destination);
        return Errno.None;
    }

    public Errno WritePinned(ulong physical, ReadOnlySpan<byte> source)
    {
        _memory.Write(physical, source);
        return Errno.None;
    }

    public ulong? Translate(ulong offset) => offset < LengthBytes
        ? Backing.FrameOf((int)(offset >> PhysicalMemory.PageLog2)) + offset % PhysicalMemory.PageBytes : null;

    public int PinsOf(ulong offset) => offset < LengthBytes ? Backing.PinsOf((int)(offset >> PhysicalMemory.PageLog2)) : 0;

    public bool TryHold() => Backing.TryHold();

    public void LetGo() => Backing.LetGo();

    public void Closed() => Backing.LetGo();

    private bool Holds(ulong offset, ulong length) => offset <= LengthBytes && length <= LengthBytes - offset;
}
