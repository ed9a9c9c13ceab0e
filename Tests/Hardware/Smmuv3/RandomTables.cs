using Iommu.Hardware.Memory;
using Iommu.Hardware.Smmuv3;
using Iommu.Tests.Hardware.Reference;
using static Iommu.Tests.Hardware.Reference.ReferenceWalker;

namespace Iommu.Tests.Hardware.Smmuv3;

/// <summary>
/// A stream with random translation tables: few entries a table, mostly sound, some with every kind of fault in them. The
/// stream table entry and context descriptor are written bit by bit here, apart from the driver's code.
/// </summary>
internal sealed class RandomTables
{
    private const ulong StreamTable = 0x10_0000;
    private const ulong ContextDescriptor = 0x20_0000;
    private const ulong FirstTable = 0x1000_0000;
    private const int IndicesUsed = 3;

    private readonly PhysicalMemory _memory = new();
    private readonly List<ulong> _interesting = [];
    private ulong _nextTable = FirstTable;

    public RandomTables(int seed, int granule1, int granule2)
    {
        Random = new Random(seed);
        Reference = new ReferenceWalker(_memory);
        if (granule2 != 0) Stage2 = Build(granule2, isStage2: true, identity: granule1 != 0);
        if (granule1 != 0) Stage1 = Build(granule1, isStage2: false, identity: false);
        WriteStreamTable();
        if (Stage1 is not null) WriteContextDescriptor();
        var registers = new Registers { StreamTableBase = StreamTable, StreamTableConfig = 4, Cr0 = 1 };
        Port = new Smmu("random", _memory, registers).OpenPort(1);
    }

    public Random Random { get; }

    public ReferenceWalker Reference { get; }

    public Table? Stage1 { get; }

    public Table? Stage2 { get; }

    public Port Port { get; }

    public ulong RandomAddress()
    {
        var address = _interesting.Count == 0 ? 0 : _interesting[Random.Next(_interesting.Count)];
        return Random.Next(4) switch
        {
            0 => address,
            1 => address + (ulong)Random.Next(1 << 21),
            2 => address ^ (1UL << Random.Next(12, (Stage1 ?? Stage2!).InputBits)),
            _ => address + (ulong)Random.Next(4096),
        } & ((1UL << (Stage1 ?? Stage2!).InputBits) - 1);
    }

    private Table Build(int granule, bool isStage2, bool identity)
    {
        var granuleBits = int.Log2(granule);
        var perLevel = granuleBits - 3;
        var inputBits = isStage2 ? 44 : Random.Next(Math.Max(25, granuleBits + 4), 49);
        var start = 4 - (inputBits - granuleBits + perLevel - 1) / perLevel;
        var firstBits = inputBits - granuleBits - (3 - start) * perLevel;
        // Stage 2 of 44 bits: concatenation where the architecture lets (or makes) it start a level lower.
        if (isStage2 && firstBits <= 4) (start, firstBits) = (start + 1, firstBits + perLevel);
        var outputBits = isStage2 || Random.Next(2) == 0 ? 44 : 40;
        var ignoreAccessFlag = Random.Next(2) == 0;
        var bytes = Math.Max(64UL, 8UL << firstBits);
        var table = new Table(granule, inputBits, start, Take(Math.Max(bytes, (ulong)granule)), outputBits, ignoreAccessFlag, isStage2);
        if (identity) MapTables(table);
        Fill(table, table.Root, start, firstBits, 0, collect: !identity);
        return table;
    }

    // The first stage's tables must be reachable: the region they come from, one to one, in blocks of level 2.
    private void MapTables(Table table)
    {
        var granuleBits = int.Log2(table.Granule);
        var perLevel = granuleBits - 3;
        var blockBits = granuleBits + perLevel;
        for (var address = 0UL; address < FirstTable * 4; address += 1UL << blockBits)
        {
            var at = table.Root;
            for (var level = table.StartLevel; level < 2; level++)
            {
                var slot = Slot(at, address, granuleBits, level, table);
                if (_memory.Read64(slot) == 0) _memory.Write64(slot, Take((ulong)table.Granule) | 3);
                at = _memory.Read64(slot) & ~0xFFFUL;
            }
            _memory.Write64(Slot(at, address, granuleBits, 2, table), address | 0x4C1);
        }
    }

    private static ulong Slot(ulong at, ulong address, int granuleBits, int level, Table table)
    {
        var shift = granuleBits + (3 - level) * (granuleBits - 3);
        var bits = level == table.StartLevel ? table.InputBits - shift : granuleBits - 3;
        return at + (((address >> shift) & ((1UL << bits) - 1)) << 3);
    }

    private void Fill(Table table, ulong at, int level, int indexBits, ulong prefix, bool collect)
    {
        var granuleBits = int.Log2(table.Granule);
        var shift = granuleBits + (3 - level) * (granuleBits - 3);
        for (var i = 0; i < IndicesUsed; i++)
        {
            var index = (ulong)Random.NextInt64(1L << indexBits);
            var address = prefix | (index << shift);
            if (_memory.Read64(at + index * 8) != 0) continue;
            if (collect || Random.Next(8) == 0) _interesting.Add(address);
            _memory.Write64(at + index * 8, RandomEntry(table, level, shift, address, collect));
        }
    }

    private ulong RandomEntry(Table table, int level, int shift, ulong address, bool collect)
    {
        var choice = Random.Next(20);
        if (choice == 0) return 2;
        if (level == 3) return Leaf(table, shift) | (choice == 1 ? 1UL : 3UL);
        var mayBlock = level == 2 || (level == 1 && table.Granule == 4096);
        if (choice < 6 && (mayBlock || choice == 1)) return Leaf(table, shift) | 1;
        var below = Take((ulong)table.Granule);
        Fill(table, below, level + 1, int.Log2(table.Granule) - 3, address, collect);
        var attributes = table.IsStage2 || Random.Next(4) != 0 ? 0 : (ulong)Random.Next(4) << 61;
        return (choice == 19 ? 1UL << 45 : below) | attributes | 3;
    }

    // Mostly low addresses, which a second stage has mapped; at times beyond what the stage may put out.
    private ulong Leaf(Table table, int shift)
    {
        var output = Random.Next(8) switch
        {
            0 => (ulong)Random.NextInt64(1L << 46),
            _ => (ulong)Random.NextInt64(1L << 30),
        };
        var rights = Random.Next(4) == 0 ? (ulong)Random.Next(4) : table.IsStage2 ? 3UL : 1UL;
        return (output >> shift << shift) | (rights << 6) | (Random.Next(8) == 0 ? 0 : 1UL << 10) | ((ulong)Random.Next(2) << 11);
    }

    private ulong Take(ulong bytes)
    {
        var aligned = (_nextTable + bytes - 1) / bytes * bytes;
        _nextTable = aligned + bytes;
        return aligned;
    }

    private void WriteStreamTable()
    {
        var entry = StreamTable + 64;
        var config = (Stage1 is null ? 4UL : 5UL) | (Stage2 is null ? 0UL : 2UL);
        _memory.Write64(entry, 1 | ((config | 4) << 1) | (Stage1 is null ? 0 : ContextDescriptor));
        if (Stage2 is null) return;
        var granule = Stage2.Granule switch { 4096 => 0UL, 65536 => 1UL, _ => 2UL };
        var startLevel = (ulong)((Stage2.Granule == 4096 ? 2 : 3) - Stage2.StartLevel);
        var control = (uint)(64 - Stage2.InputBits) | (startLevel << 6) | (granule << 14) | (4UL << 16);
        var accessFlag = Stage2.IgnoreAccessFlag ? 1UL << 53 : 0;
        _memory.Write64(entry + 16, 7 | (control << 32) | (1UL << 51) | accessFlag | (1UL << 58));
        _memory.Write64(entry + 24, Stage2.Root);
    }

    private void WriteContextDescriptor()
    {
        var granule = Stage1!.Granule switch { 4096 => 0UL, 65536 => 1UL, _ => 2UL };
        var size = Stage1.OutputBits == 40 ? 2UL : 4UL;
        var word = (uint)(64 - Stage1.InputBits) | (granule << 6) | (1UL << 30) | (1UL << 31) | (size << 32)
            | (Stage1.IgnoreAccessFlag ? 1UL << 35 : 0) | (1UL << 41) | (1UL << 45) | (9UL << 48);
        _memory.Write64(ContextDescriptor, word);
        _memory.Write64(ContextDescriptor + 8, Stage1.Root);
    }
}
