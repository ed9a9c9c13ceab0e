using Iommu.Messages;

namespace Iommu.Hardware.Memory;

/// <summary>The memory of the process that owns a context: what its mappings name by user address, and what gets pinned.</summary>
public interface IUserMemory
{
    /// <summary>Pins the pages from <paramref name="userAddress"/> (page aligned) on: one physical frame address each.</summary>
    /// <returns>EFAULT when the process has no memory there, ENOMEM; nothing is pinned then.</returns>
    Errno Pin(ulong userAddress, Span<ulong> frames);

    /// <summary>Drops one pin of each frame.</summary>
    void Unpin(ReadOnlySpan<ulong> frames);
}
