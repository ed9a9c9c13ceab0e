using Iommu.Messages;

namespace Iommu.Hardware.Memory;

/// <summary>The memory of a process: what its calls and mappings name by user address, and what gets pinned.</summary>
public interface IUserMemory
{
    /// <summary>Pins the pages from <paramref name="userAddress"/> (page aligned) on: one physical frame address each.</summary>
    /// <returns>EFAULT when the process has no memory there, ENOMEM; nothing is pinned then.</returns>
    Errno Pin(ulong userAddress, Span<ulong> frames);

    /// <summary>Drops one pin of each frame.</summary>
    void Unpin(ReadOnlySpan<ulong> frames);

    /// <returns>EFAULT when a byte is not the process's; what lies before it was copied.</returns>
    Errno Read(ulong userAddress, Span<byte> destination);

    /// <returns>EFAULT when a byte is not the process's to write; what lies before it was copied.</returns>
    Errno Write(ulong userAddress, ReadOnlySpan<byte> source);

    /// <summary>The physical address behind a user address; null where the process has no memory.</summary>
    ulong? Translate(ulong userAddress);

    /// <summary>How often the page at an address is pinned; 0 where nothing is.</summary>
    int PinsOf(ulong userAddress);
}
