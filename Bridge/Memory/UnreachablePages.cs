using Iommu.Hardware.Memory;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Bridge.Memory;

/// <summary>
/// Stands for the memory of a process that has ended, or for a file that nobody has open, where a journal has areas of it: each page has
/// its place and its pins, and nothing is there to be read or written.
/// </summary>
/// <param name="number">For its pages: one that no process had or will have.</param>
/// <param name="frames">Where pages are.</param>
/// <param name="file">The file's own number; 0 for a process.</param>
internal sealed class UnreachablePages(ulong number, PageFrames frames, ulong file = 0) : IUserMemory, IMemoryFile
{
    public ulong Number => file;

    public ulong LengthBytes => ulong.MaxValue;

    public Errno Pin(ulong address, Span<ulong> pages)
    {
        for (var i = 0; i < pages.Length; i++) pages[i] = frames.Pin(PageAt(address + (ulong)i * PageFrames.PageBytes));
        return Errno.None;
    }

    public void Unpin(ReadOnlySpan<ulong> pages)
    {
        foreach (var page in pages) frames.Unpin(page);
    }

    public Errno Read(ulong address, Span<byte> destination) => Errno.EFAULT;

    public Errno Write(ulong address, ReadOnlySpan<byte> source) => Errno.EFAULT;

    public ulong? Translate(ulong address) => frames.Find(PageAt(address)) + address % PageFrames.PageBytes;

    public int PinsOf(ulong address) => frames.PinsOf(PageAt(address));

    public bool TryHold() => true;

    public void LetGo()
    {
    }

    public void Closed()
    {
    }

    private PageBacking PageAt(ulong address) => new(PageBacking.PrivateMemory, number, address - address % PageFrames.PageBytes);
}
