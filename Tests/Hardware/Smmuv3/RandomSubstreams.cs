using Iommu.Hardware.Memory;
using Iommu.Hardware.Smmuv3;
using Iommu.Tests.Hardware.Reference;

namespace Iommu.Tests.Hardware.Smmuv3;

/// <summary>
/// A stream with a random entry: every configuration, table format and default of substreams, a few context descriptors that are sound or
/// not, and below them a stage 2 with holes where the descriptors are.
/// </summary>
internal sealed class RandomSubstreams
{
    public const ulong Entry = 0x10_0040;

    private const ulong Descriptors = 0x400_0000;
    private const ulong Leaves = 0x402_0000;
    private const ulong Stage1Tables = 0x200_0000;
    private const ulong Stage2Tables = 0x300_0000;
    private const ulong Targets = 0x100_0000;
    private const int DescriptorsUsed = 6;

    private readonly PhysicalMemory _memory = new();
    private readonly List<uint> _used = [];
    private readonly Smmu _smmu;
    private readonly int _bits;
    private readonly int _format;

    public RandomSubstreams(int seed)
    {
        Random = new Random(seed);
        var registers = Registers();
        Reference = new ReferenceStream(_memory, registers.SubstreamIdBits, registers.HasTwoLevelDescriptors, registers.HasStalls);
        _smmu = new Smmu("random", _memory, registers);
        (_bits, _format) = (Random.Next(3) == 0 ? 0 : Random.Next(1, 13), Random.Next(8) == 0 ? 3 : Random.Next(3));
        WriteEntry();
        WriteStage2();
        for (var i = 0; i < DescriptorsUsed; i++) WriteDescriptor(i, (uint)Random.Next(1 << Math.Max(_bits, 1)) & (uint)((1 << _bits) - 1));
        WriteDescriptor(DescriptorsUsed, 0);
    }

    public Random Random { get; }

    public ReferenceStream Reference { get; }

    /// <summary>A substream, mostly one with a descriptor; null for none.</summary>
    public uint? RandomSubstream() => Random.Next(6) switch
    {
        0 or 1 => null,
        2 => (uint)Random.Next(1 << 13),
        _ => _used[Random.Next(_used.Count)],
    };

    public Port OpenPort(uint? substream) => _smmu.OpenPort(1, substream: substream);

    private Registers Registers()
    {
        var complete = Iommu.Hardware.Smmuv3.Registers.Complete();
        var without = Random.Next(4);
        return new Registers
        {
            Idr0 = without == 0 ? complete.Idr0 & ~(1u << 19) : without == 1 ? complete.Idr0 | (1u << 24) : complete.Idr0,
            Idr1 = without == 2 ? complete.Idr1 & ~(0x1Fu << 6) | (10u << 6) : complete.Idr1,
            Idr5 = complete.Idr5,
            StreamTableBase = 0x10_0000,
            StreamTableConfig = 4,
            Cr0 = 1,
        };
    }

    private void WriteEntry()
    {
        var config = (uint)(Random.Next(8) == 0 ? Random.Next(8) : 5 + 2 * Random.Next(2));
        var (valid, format, bits) = (Random.Next(20) == 0 ? 0UL : 1UL, (uint)_format, (ulong)(uint)_bits);
        _memory.Write64(Entry, valid | (config << 1) | (format << 4) | Descriptors | (bits << 59));
        _memory.Write64(Entry + 8, (uint)Random.Next(4) | (Random.Next(2) == 0 ? 1UL << 27 : 0));
        // 32-bit IPAs from level 1, 4 KiB, 44 bits out, AArch64, faults recorded.
        _memory.Write64(Entry + 16, 7 | ((32UL | (1UL << 6) | (4UL << 16)) << 32) | (1UL << 51) | (1UL << 58));
        _memory.Write64(Entry + 24, Stage2Tables);
    }

    // One to one: blocks of 2 MiB up to the descriptors, and there pages, some of which are missing.
    private void WriteStage2()
    {
        _memory.Write64(Stage2Tables, (Stage2Tables + 0x1000) | 3);
        for (var block = 0UL; block < Descriptors >> 21; block++)
            _memory.Write64(Stage2Tables + 0x1000 + block * 8, (block << 21) | 0x4C1);
        _memory.Write64(Stage2Tables + 0x1000 + (Descriptors >> 21) * 8, (Stage2Tables + 0x2000) | 3);
        for (var page = 0UL; page < 512; page++)
            if (Random.Next(6) != 0) _memory.Write64(Stage2Tables + 0x2000 + page * 8, (Descriptors + (page << 12)) | 0x4C3);
    }

    private void WriteDescriptor(int number, uint substream)
    {
        _used.Add(substream);
        var tables = Stage1Tables + (ulong)number * 0x3000;
        var address = SlotOf(substream);
        if (address is null) return;
        var stall = Random.Next(4) == 0 ? 1UL << 44 : 0;
        _memory.Write64(address.Value, (Random.Next(6) == 0 ? 0 : 1UL << 31) | 25 | (1UL << 30) | (5UL << 32) | (1UL << 41) | stall
            | (1UL << 45) | ((ulong)(number + 1) << 48));
        _memory.Write64(address.Value + 8, tables);
        _memory.Write64(tables, (tables + 0x1000) | 3);
        _memory.Write64(tables + 0x1000, (tables + 0x2000) | 3);
        _memory.Write64(tables + 0x2000 + 5 * 8, (Targets + ((ulong)number << 12)) | 0xC43);
    }

    // Where tables of two levels are asked for, leaves in the order of their first use; some first-level entries stay invalid.
    private ulong? SlotOf(uint substream)
    {
        if (_bits == 0 || _format is 0 or 3) return Descriptors + (ulong)substream * 64;
        var leafBits = _format == 1 ? 6 : 10;
        var level1 = Descriptors + (substream >> leafBits) * 8;
        if (_memory.Read64(level1) == 0)
        {
            if (Random.Next(8) == 0) return null;
            _memory.Write64(level1, (Leaves + (ulong)(_used.Count - 1) * 0x1_0000) | 1);
        }
        return (_memory.Read64(level1) & ~0xFFFUL) + (substream & ((1u << leafBits) - 1)) * 64;
    }
}
