using Iommu.Bridge.Native;
using Iommu.Hardware.Processes;
using Iommu.Messages;

namespace Iommu.Bridge.Memory;

/// <summary>A memfd of a program, by a descriptor of our own: its pages are those that programs map. It lives while it is held.</summary>
/// <param name="file">The open file.</param>
/// <param name="frames">Where its pages are.</param>
internal sealed unsafe class ClientFile(Descriptor file, PageFrames frames) : IMemoryFile
{
    private const int Gone = -1;

    private readonly FileIdentity _identity = file.Identity();

    // Nobody holds it when it was just looked up.
    private int _holders;

    public ulong Number => _identity.Inode;

    /// <summary>As it is now: a program may change it at any time.</summary>
    public ulong LengthBytes => file.Identity().LengthBytes;

    /// <summary>As memfd_pin_folios(): EINVAL when the last page is not wholly inside the file.</summary>
    public Errno Pin(ulong offset, Span<ulong> pages)
    {
        var length = (ulong)pages.Length * PageFrames.PageBytes;
        if (offset % PageFrames.PageBytes != 0 || !Holds(offset, length)) return Errno.EINVAL;
        for (var i = 0; i < pages.Length; i++) pages[i] = frames.Pin(PageAt(offset + (ulong)i * PageFrames.PageBytes));
        return Errno.None;
    }

    public void Unpin(ReadOnlySpan<ulong> pages)
    {
        foreach (var page in pages) frames.Unpin(page);
    }

    public Errno Read(ulong offset, Span<byte> destination)
    {
        fixed (byte* local = destination)
            return Libc.pread(file.Number, local, (nuint)destination.Length, (long)offset) == destination.Length
                ? Errno.None : Errno.EINVAL;
    }

    public Errno Write(ulong offset, ReadOnlySpan<byte> source)
    {
        fixed (byte* local = source)
            return Libc.pwrite(file.Number, local, (nuint)source.Length, (long)offset) == source.Length ? Errno.None : Errno.EINVAL;
    }

    public Errno ReadPinned(ulong physical, Span<byte> destination) =>
        frames.BackingOf(physical) is { } page ? Read(page.Offset + physical % PageFrames.PageBytes, destination) : Errno.EFAULT;

    public Errno WritePinned(ulong physical, ReadOnlySpan<byte> source) =>
        frames.BackingOf(physical) is { } page ? Write(page.Offset + physical % PageFrames.PageBytes, source) : Errno.EFAULT;

    public ulong? Translate(ulong offset) =>
        Holds(offset, 1) ? frames.Find(PageAt(offset)) + offset % PageFrames.PageBytes : null;

    public int PinsOf(ulong offset) => frames.PinsOf(PageAt(offset));

    public bool TryHold()
    {
        while (true)
        {
            var holders = Volatile.Read(ref _holders);
            if (holders == Gone) return false;
            if (Interlocked.CompareExchange(ref _holders, holders + 1, holders) == holders) return true;
        }
    }

    public void LetGo()
    {
        if (Interlocked.Decrement(ref _holders) == 0 && Interlocked.CompareExchange(ref _holders, Gone, 0) == 0) file.Dispose();
    }

    public void Closed() => LetGo();

    /// <summary>The call that looked it up has ended: closed, when nobody holds it.</summary>
    public void LetGoUnheld()
    {
        if (Interlocked.CompareExchange(ref _holders, Gone, 0) == 0) file.Dispose();
    }

    private bool Holds(ulong offset, ulong length) => LengthBytes is var all && offset <= all && length <= all - offset;

    private PageBacking PageAt(ulong offset) =>
        new(_identity.Device, _identity.Inode, offset - offset % PageFrames.PageBytes);
}
