using Iommu.Hardware.Memory;
using Iommu.Hardware.Vtd.Formats;

namespace Iommu.Hardware.Vtd;

/// <summary>Its registers, which a guest's loads and stores reach, and what gives it to an owner and takes it away.</summary>
public sealed partial class GuestInvalidationQueue : IMmio
{
    private const ulong UpperHalf = 4;

    private readonly ulong[] _words = new ulong[3];
    private int _rung;

    public Action? Rung { get; set; }

    public void Answer() => Interlocked.Exchange(ref _rung, 0);

    uint IMmio.Read(ulong offset) =>
        offset / 8 < (ulong)_words.Length ? (uint)(Read(offset & ~UpperHalf) >> ((offset & UpperHalf) != 0 ? 32 : 0)) : 0;

    void IMmio.Write(ulong offset, uint value)
    {
        if (offset / 8 >= (ulong)_words.Length) return;
        ref var word = ref _words[offset / 8];
        var isUpper = (offset & UpperHalf) != 0;
        for (ulong old = Volatile.Read(ref word), seen; ; old = seen)
        {
            var changed = isUpper ? (uint)old | ((ulong)value << 32) : (old & ~0xFFFF_FFFFUL) | value;
            if ((seen = Interlocked.CompareExchange(ref word, changed, old)) == old) break;
        }
        Ring();
    }

    /// <summary>Another owner. A ring that the one before it had is not read before <see cref="Resume"/>.</summary>
    internal void Assign(GuestIds ids, PasidEntry memoryOfGuest)
    {
        var (walk, memory) = _unit.WalkOf(memoryOfGuest);
        lock (_lock) (_owner, _paused, _waiting) = (new Owner(ids, walk, memory), true, false);
    }

    /// <summary>Gives it a ring, empty unless it is the one that it has.</summary>
    internal void Open(ulong ring, ulong lengthBytes)
    {
        lock (_lock)
        {
            if ((_ring, _mask) == (ring, lengthBytes - 1)) return;
            Reset();
            (_ring, _mask) = (ring, lengthBytes - 1);
        }
    }

    /// <summary>Goes on where its registers say.</summary>
    internal void Resume()
    {
        lock (_lock) _paused = false;
        Ring();
    }

    /// <summary>
    /// Takes the ring from the guest: it is not read after this returns, and its registers hold nothing for the next owner (I10).
    /// </summary>
    internal void Close()
    {
        lock (_lock) Reset();
    }

    private void Reset()
    {
        (_ring, _mask, _waiting, _timedOut) = (0, 0, false, false);
        foreach (var offset in new[] { HeadOffset, TailOffset, ErrorOffset }) Write(offset, 0);
    }

    private ulong Read(ulong offset) => Volatile.Read(ref _words[offset / 8]);

    private void Write(ulong offset, ulong value) => Volatile.Write(ref _words[offset / 8], value);

    private void Ring()
    {
        if (Interlocked.Exchange(ref _rung, 1) == 0) Rung?.Invoke();
    }
}
