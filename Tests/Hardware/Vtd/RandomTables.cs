using Iommu.Hardware.Memory;
using Iommu.Hardware.Vtd;

namespace Iommu.Tests.Hardware.Vtd;

/// <summary>
/// A device with random tables of one or both stages: sparse, mostly sound, some with every kind of fault in them. Root, context and
/// PASID entries are written bit by bit here, apart from the driver's code.
/// </summary>
internal sealed class RandomTables
{
    public const uint SourceId = 0x0188;
    public const uint Pasid = 0x4321;

    private const ulong RootTable = 0x10_0000;
    private const ulong ContextTable = 0x11_0000;
    private const ulong Directory = 0x12_0000;
    private const ulong PasidTable = 0x14_0000;
    private const ulong FirstTables = 0x1000_0000;
    private const ulong SecondTables = 0x8000_0000;
    private const int Mappings = 10;

    private readonly List<ulong> _addresses = [];
    private readonly List<ulong> _targets = [];
    private readonly List<ulong> _entries = [];
    private readonly List<ulong> _firstPages = [];
    private ulong _nextFirst = FirstTables;
    private ulong _nextSecond = SecondTables;

    public RandomTables(int seed, int firstLevels, int secondLevels)
    {
        Random = new Random(seed);
        var (first, second) = (firstLevels > 0, secondLevels > 0);
        if (second) Second = new ReferenceWalker.Stage(TakeSecond(), secondLevels);
        if (first) First = new ReferenceWalker.Stage(TakeFirst(), firstLevels);
        if (second) BuildSecond();
        if (first) BuildFirst();
        if (first && second)
            foreach (var page in _firstPages)
                Put(Second!, page, 1, page | (Random.Next(24) switch { 0 => 1UL, 1 => 2UL, 2 => 0UL, _ => 3UL }), TakeSecond, 3);
        for (var i = Random.Next(6); i > 0; i--) Spoil(_entries[Random.Next(_entries.Count)]);
        Setup = new ReferenceWalker.Setup(First, Second, Chance(2), Chance(2), second && Chance(3), second && Chance(2), 50);
        WriteConfiguration();
        var registers = new Registers
        {
            HostAddressBits = Setup.HostBits, RootTableAddress = RootTable | (1UL << 10), TranslationEnabled = true,
        };
        Unit = new RemappingUnit("random", Memory, registers, seed % 2 == 0 ? VtdCacheSizes.Tiny : VtdCacheSizes.Default);
    }

    public PhysicalMemory Memory { get; } = new();

    public Random Random { get; }

    public ReferenceWalker.Setup Setup { get; }

    public RemappingUnit Unit { get; }

    private ReferenceWalker.Stage? First { get; }

    private ReferenceWalker.Stage? Second { get; }

    private bool Chance(int oneIn) => Random.Next(oneIn) == 0;

    public ulong RandomAddress()
    {
        var address = _addresses[Random.Next(_addresses.Count)];
        address = Random.Next(6) switch
        {
            0 => address,
            1 => address + (ulong)Random.Next(1 << 21),
            2 => address ^ (1UL << Random.Next(12, 64)),
            _ => address + (ulong)Random.Next(4096),
        };
        // Interrupts are another matter.
        return address >> 20 == 0xFEE ? address + 0x1000_0000 : address;
    }

    private void BuildSecond()
    {
        for (var i = 0; i < Mappings; i++)
        {
            var level = Random.Next(1, 4);
            var size = 12 + 9 * (level - 1);
            var address = (ulong)Random.NextInt64(1L << Math.Min(12 + 9 * Second!.Levels, Chance(2) ? 36 : 52)) >> size << size;
            // Away from the first stage's tables, which have a part of it to themselves.
            if (address >> 30 == 0) address |= 1UL << 33;
            _targets.Add(address);
            if (First is null) _addresses.Add(address);
            var leaf = Output(size) | Rights() | (Chance(8) ? 1UL << 11 : 0) | (level > 1 ? 128UL : 0);
            Put(Second, address, level, leaf, TakeSecond, Chance(10) ? 1UL : 7);
        }
    }

    private void BuildFirst()
    {
        for (var i = 0; i < Mappings; i++)
        {
            var level = Random.Next(1, 4);
            var size = 12 + 9 * (level - 1);
            var address = (ulong)Random.NextInt64(1L << (Chance(2) ? 36 : First!.Levels == 5 ? 56 : 47)) >> size << size;
            if (Chance(4)) address |= ulong.MaxValue << (First!.Levels == 5 ? 56 : 47);
            _addresses.Add(address);
            var target = Second is null || Chance(8) ? Output(size) : _targets[Random.Next(_targets.Count)] >> size << size;
            var bits = 1UL | (Chance(4) ? 0 : 2UL) | (Chance(6) ? 0 : 4UL) | (Chance(2) ? 32UL : 0) | (Chance(4) ? 64UL : 0)
                | (Chance(5) ? 1UL << 63 : 0) | (level > 1 ? 128UL : 0);
            Put(First!, address, level, target | bits, TakeFirst, Chance(10) ? 3UL : 7);
        }
    }

    private ulong Output(int size) => (ulong)Random.NextInt64(1L << (Chance(8) ? 52 : 40)) >> size << size;

    private ulong Rights() => Random.Next(8) switch { 0 => 1UL, 1 => 2UL, 2 => 4UL, 3 => 5UL, _ => 7UL };

    /// <summary>Writes a leaf, and the tables above it where there are none; what is there already stays.</summary>
    private void Put(ReferenceWalker.Stage stage, ulong address, int leafLevel, ulong leaf, Func<ulong> take, ulong tableBits)
    {
        var table = stage.Root;
        for (var level = stage.Levels; ; level--)
        {
            var slot = table + ((address >> (12 + 9 * (level - 1))) & 511) * 8;
            var entry = Memory.Read64(slot);
            if (level == leafLevel)
            {
                if (entry == 0) Memory.Write64(slot, leaf);
                _entries.Add(slot);
                return;
            }
            if ((entry & 128) != 0) return;
            if (entry == 0)
            {
                Memory.Write64(slot, entry = take() | tableBits);
                _entries.Add(slot);
            }
            table = entry & 0xF_FFFF_FFFF_F000;
        }
    }

    private void Spoil(ulong slot) => Memory.Write64(slot, Memory.Read64(slot) ^ Random.Next(9) switch
    {
        0 => 1UL,
        1 => 2UL,
        2 => 4UL,
        3 => 3UL,
        4 => 128UL,
        5 => 1UL << Random.Next(12, 30),
        6 => 1UL << 51,
        7 => 1UL << 49,
        _ => 1UL << 63,
    });

    private ulong TakeFirst()
    {
        var page = _nextFirst;
        _nextFirst += 0x1000;
        _firstPages.Add(page);
        return page;
    }

    private ulong TakeSecond()
    {
        var page = _nextSecond;
        _nextSecond += 0x1000;
        return page;
    }

    private void WriteConfiguration()
    {
        Memory.Write64(RootTable + (SourceId >> 8) * 16 + 8, ContextTable | 1);
        var context = ContextTable + (SourceId & 0x7F) * 32;
        Memory.Write64(context, Directory | (7UL << 9) | (1UL << 3) | (1UL << 2) | 1);
        Memory.Write64(Directory + (Pasid >> 6) * 8, PasidTable | 1);
        var entry = PasidTable + (Pasid & 63) * 64;
        var type = First is null ? 2UL : Second is null ? 1UL : 3UL;
        Memory.Write64(entry, 1 | (type << 6) | (Second is null ? 0 : ((ulong)(Second.Levels - 2) << 2) | Second.Root)
            | (Setup.SecondExecute ? 32UL : 0) | (Setup.SecondDirty ? 512UL : 0));
        Memory.Write64(entry + 8, 7);
        if (First is not null)
            Memory.Write64(entry + 16, First.Root | 3 | (First.Levels == 5 ? 4UL : 0) | (Setup.WriteProtect ? 16UL : 0)
                | (Setup.ExtendedAccess ? 128UL : 0));
    }
}
