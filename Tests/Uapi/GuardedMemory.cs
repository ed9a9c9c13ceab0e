using Iommu.Hardware.Memory;
using Iommu.Messages;

namespace Iommu.Tests.Uapi;

/// <summary>The memory of a process, of which a write can be refused, as that to a page which is read-only, or was just unmapped.</summary>
internal sealed class GuardedMemory(IUserMemory inner) : IUserMemory
{
    private int _writes;

    /// <summary>Whether a write is refused: its address, and how many there were before it.</summary>
    public Func<ulong, int, bool> Refuses { get; set; } = (_, _) => false;

    public void Reset() => _writes = 0;

    public Errno Write(ulong userAddress, ReadOnlySpan<byte> source) =>
        Refuses(userAddress, _writes++) ? Errno.EFAULT : inner.Write(userAddress, source);

    public Errno Read(ulong userAddress, Span<byte> destination) => inner.Read(userAddress, destination);

    public Errno Pin(ulong userAddress, Span<ulong> frames) => inner.Pin(userAddress, frames);

    public void Unpin(ReadOnlySpan<ulong> frames) => inner.Unpin(frames);

    public ulong? Translate(ulong userAddress) => inner.Translate(userAddress);

    public int PinsOf(ulong userAddress) => inner.PinsOf(userAddress);
}
