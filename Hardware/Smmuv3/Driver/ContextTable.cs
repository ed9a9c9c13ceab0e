using Iommu.Hardware.Memory;
using Iommu.Hardware.Smmuv3.Formats;

namespace Iommu.Hardware.Smmuv3.Driver;

/// <summary>
/// The host's writer of the context descriptors of one device, one for each of its PASIDs: a linear table, or from 2,048 on one of two
/// levels with leaves of 64 KiB: the first is made with the table, others when a PASID of them is first used.
/// </summary>
internal sealed class ContextTable
{
    private const int LeafLog2 = 10;
    private const int LeafOrder = LeafLog2 + 6 - PhysicalMemory.PageLog2;
    private const int DescriptorWords = ContextDescriptor.Bytes / 8;
    private const ulong LeafMask = 0x000F_FFFF_FFFF_F000;

    private readonly PhysicalMemory _memory;
    private readonly FrameAllocator _frames;

    private ContextTable(PhysicalMemory memory, FrameAllocator frames, int bits, ulong root) =>
        (_memory, _frames, Bits, Root) = (memory, frames, bits, root);

    public ulong Root { get; }

    /// <summary>STE.S1CDMax.</summary>
    public int Bits { get; }

    /// <summary>STE.S1Fmt.</summary>
    public ulong Format => HasTwoLevels ? 2UL : 0;

    private bool HasTwoLevels => Bits > LeafLog2;

    /// <summary>An empty table, or null when there are no frames for it.</summary>
    public static ContextTable? Create(PhysicalMemory memory, FrameAllocator frames, int bits)
    {
        var bytesLog2 = bits > LeafLog2 ? bits - LeafLog2 + 3 : bits + 6;
        var root = frames.Allocate(Math.Max(0, bytesLog2 - PhysicalMemory.PageLog2));
        if (root is not { } address) return null;
        var table = new ContextTable(memory, frames, bits, address);
        return table.SlotOf(0) is null ? null : table;
    }

    /// <summary>Where the descriptor of a PASID is, or null when there is no memory for the leaf that it is in.</summary>
    public ulong? SlotOf(uint pasid)
    {
        if (!HasTwoLevels) return Root + (ulong)pasid * ContextDescriptor.Bytes;
        var level1 = Root + ((ulong)(pasid >> LeafLog2) << 3);
        if (_memory.Read64(level1) == 0)
        {
            if (_frames.Allocate(LeafOrder) is not { } leaf) return null;
            _memory.Write64(level1, leaf | 1);
        }
        return (_memory.Read64(level1) & LeafMask) + (ulong)(pasid & ((1 << LeafLog2) - 1)) * ContextDescriptor.Bytes;
    }

    /// <summary>Writes a descriptor that the SMMU does not use at the moment: word 0, which makes it live, last.</summary>
    public void Write(ulong slot, ReadOnlySpan<ulong> words)
    {
        for (var i = DescriptorWords - 1; i >= 0; i--) _memory.Write64(slot + (ulong)i * 8, i < words.Length ? words[i] : 0);
    }

    public void Clear(ulong slot) => _memory.Write64(slot, 0);
}
