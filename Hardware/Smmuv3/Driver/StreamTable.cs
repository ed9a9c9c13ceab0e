using Iommu.Hardware.Memory;

namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>
/// The host's writer of a two-level stream table (split 8): 64-byte entries in second-level tables of 256, made when a
/// device of that bus appears and filled with entries that abort, as Linux does.
/// </summary>
internal sealed class StreamTable
{
    public const int SplitLog2 = 8;
    public const int EntryBytes = 64;
    public const ulong Valid = 1;

    private const int SecondLevelOrder = SplitLog2 + 6 - PhysicalMemory.PageLog2;

    private readonly PhysicalMemory _memory;
    private readonly FrameAllocator _frames;
    private readonly int _streamIdBits;

    private StreamTable(PhysicalMemory memory, FrameAllocator frames, ulong root, int streamIdBits) =>
        (_memory, _frames, Root, _streamIdBits) = (memory, frames, root, streamIdBits);

    public ulong Root { get; }

    /// <summary>STRTAB_BASE_CFG: two levels, split 8, log2 of the number of stream ids.</summary>
    public uint BaseConfig => (1u << 16) | ((uint)SplitLog2 << 6) | (uint)_streamIdBits;

    public static StreamTable? Create(PhysicalMemory memory, FrameAllocator frames, int streamIdBits)
    {
        var order = Math.Max(0, streamIdBits - SplitLog2 + 3 - PhysicalMemory.PageLog2);
        return frames.Allocate(order) is { } root ? new StreamTable(memory, frames, root, streamIdBits) : null;
    }

    /// <summary>Makes sure that a stream has an entry; false when there is no memory for it.</summary>
    public bool Cover(uint sid)
    {
        var slot = Root + ((ulong)(sid >> SplitLog2) << 3);
        if (_memory.Read64(slot) != 0) return true;
        if (_frames.Allocate(SecondLevelOrder) is not { } table) return false;
        for (var i = 0UL; i < 1UL << SplitLog2; i++) _memory.Write64(table + i * EntryBytes, Valid);
        _memory.Write64(slot, table | (SplitLog2 + 1));
        return true;
    }

    /// <summary>Makes an entry abort without touching the rest of it.</summary>
    public void WriteAbort(uint sid) => _memory.Write64(AddressOf(sid), Valid);

    /// <summary>Writes an entry that the SMMU does not use at the moment: word 0, which makes it live, last.</summary>
    public void Write(uint sid, ReadOnlySpan<ulong> words)
    {
        var entry = AddressOf(sid);
        for (var i = 7; i >= 0; i--) _memory.Write64(entry + (ulong)i * 8, i < words.Length ? words[i] : 0);
    }

    /// <summary>Replaces one word of an entry that is in use.</summary>
    public void WriteWord(uint sid, int index, ulong word) => _memory.Write64(AddressOf(sid) + (ulong)index * 8, word);

    public ulong AddressOf(uint sid)
    {
        var table = _memory.Read64(Root + ((ulong)(sid >> SplitLog2) << 3)) & ~0x3FUL;
        return table + (ulong)(sid & ((1 << SplitLog2) - 1)) * EntryBytes;
    }
}
