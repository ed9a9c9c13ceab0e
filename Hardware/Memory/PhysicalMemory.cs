using System.Collections.Immutable;

namespace Iommu.Hardware.Memory;

/// <summary>
/// The simulated host's physical memory: 48 address bits, sparse, little endian. A page that was never written reads as
/// zero. Any thread may read and write at any time; 64-bit accesses are single-copy atomic, loads acquire and stores release. Loads
/// and stores of 32 and 64 bits where a device has its registers (<see cref="Attach"/>) reach the device.
/// </summary>
public sealed class PhysicalMemory
{
    public const int AddressBits = 48;
    public const ulong SizeBytes = 1UL << AddressBits;
    public const int PageLog2 = 12;
    public const int PageBytes = 1 << PageLog2;
    public const int PageWords = PageBytes / 8;

    private const int FanLog2 = 12;
    private const int Fan = 1 << FanLog2;

    private readonly ulong[]?[]?[]?[] _root = new ulong[]?[]?[Fan][];
    private ImmutableArray<(ulong First, ulong LengthBytes, IMmio Device)> _devices = [];

    // Registers lie below the memory that is handed out, so that one comparison passes by them.
    private ulong _devicesEnd;

    /// <summary>Whether an access there finds memory; elsewhere it is an external abort.</summary>
    public static bool Contains(ulong address) => address < SizeBytes;

    /// <summary>The aligned 64-bit word at an address (bits 2:0 are ignored).</summary>
    public ulong Read64(ulong address)
    {
        if (address < _devicesEnd && FindDevice(address & ~7UL, out var offset) is { } device)
            return device.Read(offset) | ((ulong)device.Read(offset + 4) << 32);
        var page = FindPage(address);
        return page is null ? 0 : Volatile.Read(ref page[WordIndex(address)]);
    }

    public void Write64(ulong address, ulong value)
    {
        if (address < _devicesEnd && FindDevice(address & ~7UL, out var offset) is { } device)
        {
            device.Write(offset, (uint)value);
            device.Write(offset + 4, (uint)(value >> 32));
        }
        else Volatile.Write(ref PageAt(address)[WordIndex(address)], value);
    }

    /// <summary>Compares and swaps the aligned 64-bit word at an address; returns what was there before.</summary>
    public ulong CompareExchange64(ulong address, ulong value, ulong comparand) =>
        Interlocked.CompareExchange(ref PageAt(address)[WordIndex(address)], value, comparand);

    /// <summary>Gives a device a place for its registers. Before anybody reads or writes there.</summary>
    /// <param name="first">Page aligned.</param>
    /// <param name="lengthBytes">Whole pages.</param>
    /// <param name="device">Whose they are.</param>
    public void Attach(ulong first, ulong lengthBytes, IMmio device)
    {
        _devices = _devices.Add((first, lengthBytes, device));
        _devicesEnd = Math.Max(_devicesEnd, first + lengthBytes);
    }

    public uint Read32(ulong address) => address < _devicesEnd && FindDevice(address & ~3UL, out var offset) is { } device
        ? device.Read(offset) : (uint)(Read64(address) >> (int)((address & 4) * 8));

    public void Write32(ulong address, uint value)
    {
        if (address < _devicesEnd && FindDevice(address & ~3UL, out var offset) is { } device) device.Write(offset, value);
        else WriteBits(address, value, 0xFFFF_FFFFUL, (int)((address & 4) * 8));
    }

    public byte Read8(ulong address) => (byte)(Read64(address) >> (int)((address & 7) * 8));

    public void Write8(ulong address, byte value) => WriteBits(address, value, 0xFFUL, (int)((address & 7) * 8));

    /// <summary>Copies bytes out; not atomic as a whole.</summary>
    public void Read(ulong address, Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            var offset = (int)(address & (PageBytes - 1));
            var count = Math.Min(destination.Length, PageBytes - offset);
            var page = FindPage(address);
            if (page is null) destination[..count].Clear();
            else BytesOf(page).Slice(offset, count).CopyTo(destination);
            destination = destination[count..];
            address += (ulong)count;
        }
    }

    /// <summary>Copies bytes in; not atomic as a whole.</summary>
    public void Write(ulong address, ReadOnlySpan<byte> source)
    {
        while (!source.IsEmpty)
        {
            var offset = (int)(address & (PageBytes - 1));
            var count = Math.Min(source.Length, PageBytes - offset);
            source[..count].CopyTo(BytesOf(PageAt(address))[offset..]);
            source = source[count..];
            address += (ulong)count;
        }
    }

    /// <summary>Zeroes whole pages; pages that were never written stay absent.</summary>
    public void ClearPages(ulong address, int pages)
    {
        for (var i = 0; i < pages; i++, address += PageBytes)
            if (FindPage(address) is { } page) Array.Clear(page);
    }

    /// <summary>The words of the page at an address, made present. A page never moves, so a ring may hold on to it.</summary>
    internal ulong[] PageAt(ulong address)
    {
        if (!Contains(address)) throw new ArgumentOutOfRangeException(nameof(address), $"0x{address:x} is beyond {AddressBits} bits");
        ref var middle = ref _root[address >> 36];
        var upper = Volatile.Read(ref middle) ?? Publish(ref middle, new ulong[]?[Fan][]);
        ref var lower = ref upper[(address >> 24) & (Fan - 1)];
        var pages = Volatile.Read(ref lower) ?? Publish(ref lower, new ulong[Fan][]);
        ref var slot = ref pages[(address >> PageLog2) & (Fan - 1)];
        return Volatile.Read(ref slot) ?? Publish(ref slot, new ulong[PageWords]);
    }

    internal static int WordIndex(ulong address) => (int)((address >> 3) & (PageWords - 1));

    private IMmio? FindDevice(ulong address, out ulong offset)
    {
        foreach (var (first, lengthBytes, device) in _devices)
            if ((offset = address - first) < lengthBytes) return device;
        offset = 0;
        return null;
    }

    private ulong[]? FindPage(ulong address)
    {
        if (!Contains(address)) throw new ArgumentOutOfRangeException(nameof(address), $"0x{address:x} is beyond {AddressBits} bits");
        var upper = Volatile.Read(ref _root[address >> 36]);
        if (upper is null) return null;
        var pages = Volatile.Read(ref upper[(address >> 24) & (Fan - 1)]);
        return pages is null ? null : Volatile.Read(ref pages[(address >> PageLog2) & (Fan - 1)]);
    }

    private static T Publish<T>(ref T? slot, T fresh) where T : class => Interlocked.CompareExchange(ref slot, fresh, null) ?? fresh;

    private static Span<byte> BytesOf(ulong[] page) => System.Runtime.InteropServices.MemoryMarshal.AsBytes(page.AsSpan());

    private void WriteBits(ulong address, ulong value, ulong mask, int shift)
    {
        ref var word = ref PageAt(address)[WordIndex(address)];
        while (true)
        {
            var old = Volatile.Read(ref word);
            var updated = (old & ~(mask << shift)) | ((value & mask) << shift);
            if (Interlocked.CompareExchange(ref word, updated, old) == old) return;
        }
    }
}
