using System.Runtime.InteropServices;
using Iommu.Bridge.Native;
using Iommu.Hardware.Memory;
using Iommu.Messages;

namespace Iommu.Bridge.Memory;

/// <summary>
/// The memory of a running program, read and written where it is. A page that is pinned and shared can still be reached when the
/// program is gone, through the file behind it; one of its own cannot.
/// </summary>
/// <param name="pid">The program's process.</param>
/// <param name="number">A number for its own memory that no other process had or will have.</param>
/// <param name="frames">Where its pages are.</param>
/// <param name="files">Open files behind pinned pages.</param>
internal sealed unsafe class ProcessMemory(int pid, ulong number, PageFrames frames, PinnedFiles files) : IUserMemory
{
    private const int VectorsMax = 512;

    /// <summary>
    /// Whether pins are those of a journal, made when the pages were there: nothing is looked at, and what is not mapped any more is a page
    /// of the process's own.
    /// </summary>
    public bool Restoring { get; set; }

    public Errno Pin(ulong userAddress, Span<ulong> pages)
    {
        if (userAddress % PageFrames.PageBytes != 0) return Errno.EINVAL;
        if (!Restoring && Touch(userAddress, pages.Length) is var errno and not Errno.None) return errno;
        var map = MemoryMap.Of(pid);
        Mapping? mapping = null;
        for (var i = 0; i < pages.Length; i++)
        {
            var address = userAddress + (ulong)i * PageFrames.PageBytes;
            if (mapping?.Contains(address) != true) mapping = map.Find(address);
            if (mapping is not { Readable: true } && !Restoring)
            {
                Unpin(pages[..i]);
                return Errno.EFAULT;
            }
            var backing = mapping is { } found ? PageBacking.Of(found, address, number)
                : new PageBacking(PageBacking.PrivateMemory, number, address);
            if (mapping is { } kept) files.Keep(backing, pid, kept);
            pages[i] = frames.Pin(backing);
        }
        return Errno.None;
    }

    public void Unpin(ReadOnlySpan<ulong> pages)
    {
        foreach (var page in pages) files.Drop(frames.Unpin(page));
    }

    public Errno Read(ulong userAddress, Span<byte> destination)
    {
        if (destination.IsEmpty) return Errno.None;
        fixed (byte* local = destination)
        {
            var here = new Libc.IoVector { Base = local, Length = (nuint)destination.Length };
            var there = new Libc.IoVector { Base = (void*)userAddress, Length = (nuint)destination.Length };
            return Libc.process_vm_readv(pid, &here, 1, &there, 1, 0) == destination.Length ? Errno.None : Errno.EFAULT;
        }
    }

    public Errno Write(ulong userAddress, ReadOnlySpan<byte> source)
    {
        if (source.IsEmpty) return Errno.None;
        fixed (byte* local = source)
        {
            var here = new Libc.IoVector { Base = local, Length = (nuint)source.Length };
            var there = new Libc.IoVector { Base = (void*)userAddress, Length = (nuint)source.Length };
            return Libc.process_vm_writev(pid, &here, 1, &there, 1, 0) == source.Length ? Errno.None : Errno.EFAULT;
        }
    }

    public ulong? Translate(ulong userAddress) => MemoryMap.Of(pid).Find(userAddress) is { } mapping
        ? frames.Find(PageBacking.Of(mapping, userAddress, number)) + userAddress % PageFrames.PageBytes : null;

    public int PinsOf(ulong userAddress) => MemoryMap.Of(pid).Find(userAddress) is { } mapping
        ? frames.PinsOf(PageBacking.Of(mapping, userAddress, number)) : 0;

    public Errno ReadPinned(ulong physical, Span<byte> destination)
    {
        if (frames.BackingOf(physical) is not { } page) return Errno.EFAULT;
        var offset = page.Offset + physical % PageFrames.PageBytes;
        if (page.Device == PageBacking.PrivateMemory) return page.Inode == number ? Read(offset, destination) : Errno.EFAULT;
        if (files.Find(page) is not { } file) return Errno.EFAULT;
        fixed (byte* local = destination)
            return Libc.pread(file.Number, local, (nuint)destination.Length, (long)offset) == destination.Length
                ? Errno.None : Errno.EFAULT;
    }

    public Errno WritePinned(ulong physical, ReadOnlySpan<byte> source)
    {
        if (frames.BackingOf(physical) is not { } page) return Errno.EFAULT;
        var offset = page.Offset + physical % PageFrames.PageBytes;
        if (page.Device == PageBacking.PrivateMemory) return page.Inode == number ? Write(offset, source) : Errno.EFAULT;
        if (files.Find(page) is not { } file) return Errno.EFAULT;
        fixed (byte* local = source)
            return Libc.pwrite(file.Number, local, (nuint)source.Length, (long)offset) == source.Length ? Errno.None : Errno.EFAULT;
    }

    /// <summary>Reads a byte of each page, so that each is there: pages are made when they are first used.</summary>
    private Errno Touch(ulong userAddress, int pages)
    {
        Span<byte> bytes = stackalloc byte[VectorsMax];
        var there = stackalloc Libc.IoVector[VectorsMax];
        fixed (byte* local = bytes)
        {
            for (var done = 0; done < pages;)
            {
                var count = Math.Min(VectorsMax, pages - done);
                for (var i = 0; i < count; i++)
                    there[i] = new Libc.IoVector { Base = (void*)(userAddress + (ulong)(done + i) * PageFrames.PageBytes), Length = 1 };
                var here = new Libc.IoVector { Base = local, Length = (nuint)count };
                if (Libc.process_vm_readv(pid, &here, 1, there, (nuint)count, 0) != count) return Errno.EFAULT;
                done += count;
            }
        }
        return Errno.None;
    }
}
