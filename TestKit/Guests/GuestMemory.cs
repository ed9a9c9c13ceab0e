using Iommu.Hardware;
using Iommu.Hardware.Memory;

namespace Iommu.TestKit.Guests;

/// <summary>
/// A guest's physical address space: segments of IPAs over memory of its VMM. Set up by one thread; then any thread may read and
/// write, 64-bit words at a time, loads acquire and stores release.
/// </summary>
public sealed class GuestMemory(PhysicalMemory memory, UserAddressSpace process)
{
    public const int PageLog2 = 12;
    public const ulong PageBytes = 1UL << PageLog2;

    private readonly List<(ulong First, ulong Bytes)> _runs = [];
    private readonly HashSet<ulong> _scattered = [];
    private GuestSegment[] _segments = [];

    /// <summary>The VMM's address space.</summary>
    public UserAddressSpace Process => process;

    public IReadOnlyList<GuestSegment> Segments => _segments;

    /// <summary>Gives the guest zeroed memory at an IPA.</summary>
    /// <param name="ipa">Page aligned.</param>
    /// <param name="lengthBytes">Rounded up to whole pages.</param>
    /// <param name="contiguous">Whether it is one physical run, which a stage 2 can map by blocks.</param>
    /// <param name="access">The rights that a stage 2 should grant.</param>
    /// <exception cref="OutOfMemoryException">The simulated host has no frames left.</exception>
    public GuestSegment Add(ulong ipa, ulong lengthBytes, bool contiguous = true, Access access = Access.ReadWrite)
    {
        var segment = new GuestSegment(ipa, Allocate(lengthBytes, contiguous, out var frames), frames, access);
        _segments = [.. _segments, segment];
        return segment;
    }

    /// <summary>Memory of the VMM that is not, or not always, the guest's.</summary>
    public ulong Allocate(ulong lengthBytes, bool contiguous, out ulong[] frames)
    {
        var user = process.Allocate(lengthBytes, contiguous);
        if (user.Failed) throw new OutOfMemoryException($"the simulated host has no {lengthBytes >> 20} MiB of memory left for a guest");
        frames = new ulong[(lengthBytes + PageBytes - 1) >> PageLog2];
        for (var i = 0; i < frames.Length; i++) frames[i] = process.Translate(user.Value + ((ulong)i << PageLog2))!.Value;
        if (contiguous) _runs.Add((frames[0], (ulong)frames.Length << PageLog2));
        else _scattered.UnionWith(frames);
        return user.Value;
    }

    /// <summary>Whether a host physical address is memory of this VMM, its guest's or not.</summary>
    public bool Owns(ulong physical)
    {
        foreach (var (first, bytes) in _runs)
            if (physical - first < bytes) return true;
        return _scattered.Contains(physical & ~(PageBytes - 1));
    }

    public ulong Read64(ulong ipa) => memory.Read64(PhysicalOf(ipa));

    public void Write64(ulong ipa, ulong value) => memory.Write64(PhysicalOf(ipa), value);

    /// <exception cref="ArgumentOutOfRangeException">The guest has no memory there.</exception>
    public ulong PhysicalOf(ulong ipa) =>
        Find(ipa) is { } segment ? segment.PhysicalOf(ipa) : throw new ArgumentOutOfRangeException(nameof(ipa), $"0x{ipa:x} is no memory");

    public GuestSegment? Find(ulong ipa)
    {
        foreach (var segment in _segments)
            if (segment.Contains(ipa)) return segment;
        return null;
    }
}
