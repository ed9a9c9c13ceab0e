using Iommu.Messages;

namespace Iommu.Hardware.Memory;

/// <summary>Where pages come from, by address: the memory of a process by user address, or a file by offset.</summary>
public interface IPageSource
{
    /// <summary>Pins the pages from <paramref name="address"/> (page aligned) on: one physical frame address each.</summary>
    /// <returns>EFAULT where a process has no memory, EINVAL beyond the end of a file, ENOMEM; nothing is pinned then.</returns>
    Errno Pin(ulong address, Span<ulong> frames);

    /// <summary>Drops one pin of each frame.</summary>
    void Unpin(ReadOnlySpan<ulong> frames);

    /// <returns>EFAULT or EINVAL when a byte is not there; what lies before it was copied.</returns>
    Errno Read(ulong address, Span<byte> destination);

    /// <returns>EFAULT or EINVAL when a byte is not there to be written; what lies before it was copied.</returns>
    Errno Write(ulong address, ReadOnlySpan<byte> source);

    /// <summary>Reads pinned memory by its physical address, also when what it belonged to has gone. Within one page.</summary>
    /// <returns>EFAULT when this source cannot reach it that way.</returns>
    Errno ReadPinned(ulong physical, Span<byte> destination) => Errno.EFAULT;

    /// <summary>Writes pinned memory by its physical address, as <see cref="ReadPinned"/>.</summary>
    Errno WritePinned(ulong physical, ReadOnlySpan<byte> source) => Errno.EFAULT;

    /// <summary>The physical address behind an address; null where there is no memory.</summary>
    ulong? Translate(ulong address);

    /// <summary>How often the page at an address is pinned; 0 where nothing is.</summary>
    int PinsOf(ulong address);
}
