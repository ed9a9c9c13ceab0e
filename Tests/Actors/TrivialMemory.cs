using Iommu.Hardware.Memory;
using Iommu.Messages;

namespace Iommu.Tests.Actors;

/// <summary>A process with memory from 1 MiB to 1 GiB, each page its own frame.</summary>
internal sealed class TrivialMemory : IUserMemory
{
    private readonly Dictionary<ulong, byte> _bytes = [];
    private int _pins;

    public int Pins => _pins;

    public Errno Pin(ulong userAddress, Span<ulong> frames)
    {
        if (!Has(userAddress, (ulong)frames.Length * 4096)) return Errno.EFAULT;
        for (var i = 0; i < frames.Length; i++) frames[i] = userAddress + (1UL << 32) + (ulong)i * 4096;
        Interlocked.Add(ref _pins, frames.Length);
        return Errno.None;
    }

    public void Unpin(ReadOnlySpan<ulong> frames) => Interlocked.Add(ref _pins, -frames.Length);

    public Errno Read(ulong userAddress, Span<byte> destination)
    {
        if (!Has(userAddress, (ulong)destination.Length)) return Errno.EFAULT;
        lock (_bytes)
            for (var i = 0; i < destination.Length; i++) destination[i] = _bytes.GetValueOrDefault(userAddress + (ulong)i);
        return Errno.None;
    }

    public Errno Write(ulong userAddress, ReadOnlySpan<byte> source)
    {
        if (!Has(userAddress, (ulong)source.Length)) return Errno.EFAULT;
        lock (_bytes)
            for (var i = 0; i < source.Length; i++) _bytes[userAddress + (ulong)i] = source[i];
        return Errno.None;
    }

    public Errno ReadPinned(ulong physical, Span<byte> destination) => Read(physical - (1UL << 32), destination);

    public Errno WritePinned(ulong physical, ReadOnlySpan<byte> source) => Write(physical - (1UL << 32), source);

    public ulong? Translate(ulong userAddress) => userAddress is >= 1 << 20 and < 1 << 30 ? userAddress + (1UL << 32) : null;

    public int PinsOf(ulong userAddress) => throw new NotSupportedException("this memory counts no pins by page");

    private static bool Has(ulong userAddress, ulong lengthBytes) =>
        lengthBytes == 0 || (userAddress >= 1 << 20 && userAddress < 1 << 30 && lengthBytes <= (1 << 30) - userAddress);
}
