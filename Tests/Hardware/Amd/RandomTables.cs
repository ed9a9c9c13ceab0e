using Iommu.Hardware.Amd;
using Iommu.Hardware.Memory;

namespace Iommu.Tests.Hardware.Amd;

/// <summary>What translates in a random scene.</summary>
public enum TableScene
{
    Host,
    Guest,
    Nested,
}

/// <summary>
/// A device with random tables: few entries a table, mostly sound, some with every kind of fault in them; the device table entry too.
/// Everything is written bit by bit here, apart from the driver's code.
/// </summary>
internal sealed class RandomTables
{
    public const ushort Device = 3;
    public const ulong DeviceTable = 0x10_0000;

    private const ulong FirstTable = 0x1000_0000;
    private const ulong GuestShift = 0x40_0000_0000;
    private const ulong GuestBytes = 0x4000_0000;
    private const int EntriesUsed = 3;
    private const ulong Rights = 3UL << 61;

    private readonly PhysicalMemory _memory = new();
    private readonly List<ulong> _interesting = [];
    private readonly TableScene _scene;
    private readonly int _pasid;
    private ulong _nextTable = FirstTable;
    private ulong _nextGuestTable = 0x10_0000;

    public RandomTables(int seed, TableScene scene)
    {
        (Random, _scene) = (new Random(seed), scene);
        Reference = new ReferenceWalker(_memory, DeviceTable);
        var (mode, root) = scene == TableScene.Guest ? (0, 0UL) : BuildHost();
        var (glx, levels, gcr) = (Random.Next(3), 4 + Random.Next(2), 0UL);
        if (scene != TableScene.Host)
        {
            _pasid = Random.Next(4) == 0 ? 0 : Random.Next((int)Math.Min(1 << 16, Math.Pow(512, glx + 1)));
            gcr = BuildGcr(glx, levels);
        }
        WriteEntry(mode, root, glx, levels, gcr);
        var registers = new Registers(_memory, 0xFD00_0000) { DeviceTable = DeviceTable, Control = 1 | (1UL << 58) };
        Port = new AmdIommu("random", _memory, registers).OpenPort(Device);
    }

    public Random Random { get; }

    public ReferenceWalker Reference { get; }

    public Port Port { get; }

    public int? RandomPasid() => Random.Next(6) switch
    {
        0 => null,
        1 when _scene != TableScene.Host => Random.Next(1 << 16),
        2 when _scene == TableScene.Host => 5,
        _ => _scene == TableScene.Host ? null : _pasid,
    };

    public ulong RandomAddress()
    {
        var address = _interesting.Count == 0 ? 0 : _interesting[Random.Next(_interesting.Count)];
        return Random.Next(5) switch
        {
            0 => address,
            1 => address + (ulong)Random.Next(1 << 21),
            2 => address ^ (1UL << Random.Next(12, 64)),
            3 => (ulong)Random.Next((int)GuestBytes),
            _ => address + (ulong)Random.Next(4096),
        };
    }

    private (int Mode, ulong Root) BuildHost()
    {
        var nested = _scene == TableScene.Nested;
        var mode = Random.Next(nested ? 3 : 1, 7);
        var root = Take();
        if (nested) MapGuest(root, mode);
        FillHost(root, mode, 0, collect: !nested);
        return (mode, root);
    }

    // The guest's first gigabyte, in pages of 2 MiB elsewhere in memory; one in a hundred is missing or cannot be written to.
    private void MapGuest(ulong root, int mode)
    {
        var at = root;
        for (var level = mode; level > 2; level--)
        {
            var below = Take();
            Put(at, below | ((ulong)(level - 1) << 9) | Rights | 1);
            at = below;
        }
        for (var i = 0UL; i < 512; i++)
        {
            var rights = Random.Next(100) switch { 0 => 0UL, 1 => 1UL << 61, _ => Rights };
            if (Random.Next(100) != 0) Put(at + i * 8, ((i << 21) + GuestShift) | rights | 1);
        }
    }

    private void FillHost(ulong at, int level, ulong prefix, bool collect)
    {
        var shift = 3 + 9 * level;
        for (var i = 0; i < EntriesUsed; i++)
        {
            var index = (ulong)Random.Next(level == 6 ? 128 : 512);
            if (_memory.Read64(at + index * 8) != 0) continue;
            if (collect) _interesting.Add(prefix | (index << shift));
            PutHostEntry(at, index, level, prefix, collect);
        }
    }

    private void PutHostEntry(ulong at, ulong index, int level, ulong prefix, bool collect)
    {
        var (choice, shift) = (Random.Next(24), 3 + 9 * level);
        var rights = Random.Next(5) == 0 ? (ulong)Random.Next(4) << 61 : Rights;
        if (choice == 0) Put(at + index * 8, rights | 2);
        else if (level == 1 || choice < 9) PutLeaf(at, index, level, rights, choice);
        else
        {
            var next = choice switch { 9 => Random.Next(1, 7), < 13 => Random.Next(1, level), _ => level - 1 };
            var below = choice == 10 && Random.Next(4) == 0 ? 1UL << 49 : Take();
            if (next < level && below < 1UL << 48) FillHost(below, next, prefix | (index << shift), collect);
            var reserved = Random.Next(30) == 0 ? 1UL << Random.Next(52, 61) : 0;
            Put(at + index * 8, below | ((ulong)next << 9) | rights | reserved | 1);
        }
    }

    private void PutLeaf(ulong at, ulong index, int level, ulong rights, int choice)
    {
        var own = 3 + 9 * level;
        var output = Random.Next(12) == 0 ? (ulong)Random.NextInt64(1L << 51) : (ulong)Random.NextInt64(1L << 44);
        var reserved = Random.Next(30) == 0 ? 1UL << Random.Next(52, 59) : 0;
        var size = choice % 2 == 0 ? own : choice == 1 ? Random.Next(13, 52) : Random.Next(own + 1, own + 9);
        var address = output >> size << size;
        // Bits below the page are ignored where its size is the level's.
        if (size == own)
        {
            Put(at + index * 8, address | (Random.Next(4) == 0 && own > 12 ? 1UL << (own - 1) : 0) | rights | reserved | 1);
            return;
        }
        var value = address | (((1UL << (size - 1)) - 1) & ~0xFFFUL) | (7UL << 9) | rights | reserved | 1;
        if (size < own || size > own + 8)
        {
            Put(at + index * 8, value);
            return;
        }
        var count = 1UL << (size - own);
        for (var i = index & ~(count - 1); i < (index & ~(count - 1)) + count; i++)
            if (_memory.Read64(at + i * 8) != 0) return;
        for (var i = index & ~(count - 1); i < (index & ~(count - 1)) + count; i++) Put(at + i * 8, value);
    }

    private ulong BuildGcr(int glx, int levels)
    {
        var root = TakeGuest();
        var at = root;
        for (var level = glx; level > 0; level--)
        {
            var below = TakeGuest();
            PutGuest(at + ((ulong)(_pasid >> (9 * level)) & 511) * 8, below | 1);
            at = below;
        }
        var table = TakeGuest();
        PutGuest(at + ((ulong)_pasid & 511) * 8, table | (Random.Next(20) == 0 ? 0UL : 1));
        FillGuest(table, levels, levels, 0);
        return root;
    }

    private void FillGuest(ulong at, int level, int levels, ulong prefix)
    {
        var shift = 3 + 9 * level;
        for (var i = 0; i < EntriesUsed; i++)
        {
            var index = (ulong)Random.Next(512);
            var address = prefix | (index << shift);
            // The upper half of the address space is reached by sign extension.
            if (level == levels && index >= 256) address |= ulong.MaxValue << (shift + 8);
            if (Random.Next(2) == 0 || level < 3) _interesting.Add(address);
            PutGuest(at + index * 8, GuestEntry(level, levels, address));
        }
    }

    private ulong GuestEntry(int level, int levels, ulong address)
    {
        var choice = Random.Next(24);
        var rights = Random.Next(6) == 0 ? (ulong)Random.Next(4) << 1 : 6UL;
        if (choice == 0) return 6;
        if (level == 1 || (level < 4 && choice < 8) || choice == 1)
        {
            var output = Random.Next(8) == 0 ? (ulong)Random.NextInt64(1L << 50) : (ulong)Random.NextInt64((long)GuestBytes);
            var shift = 3 + 9 * level;
            var reserved = level > 1 && Random.Next(12) == 0 ? 1UL << Random.Next(13, shift) : 0;
            return (output >> shift << shift) | reserved | rights | (level > 1 ? 0x80UL : 0) | 1;
        }
        var below = choice == 2 ? (ulong)Random.NextInt64(1L << 40) & ~0xFFFUL : TakeGuest();
        if (choice != 2) FillGuest(below, level - 1, levels, address);
        return below | rights | 1;
    }

    private void WriteEntry(int mode, ulong root, int glx, int levels, ulong gcr)
    {
        var random = Random.Next(40);
        var word0 = (random == 0 ? 0UL : 1) | (random == 1 ? 0UL : 2) | ((ulong)(random == 2 ? 7 : mode) << 9) | root
            | (random == 3 ? 1UL << Random.Next(2, 7) : 0) | (random < 8 ? (ulong)Random.Next(4) << 61 : Rights)
            | (Random.Next(4) == 0 ? 3UL << 7 : 0);
        var (word1, word2) = (9UL, 0UL);
        if (_scene != TableScene.Host)
        {
            var level = random == 8 ? 3 : glx;
            word0 |= (1UL << 55) | ((ulong)level << 56) | (((gcr >> 12) & 7) << 58) | ((ulong)Random.Next(2) << 54);
            word1 |= (((gcr >> 15) & 0xFFFF) << 16) | ((gcr >> 31) << 43);
            word2 = (ulong)(random == 9 ? 2 : levels - 4) << 54;
        }
        var at = DeviceTable + Device * 32;
        Put(at, word0);
        Put(at + 8, word1);
        Put(at + 16, word2);
    }

    private ulong Take()
    {
        _nextTable += 0x1000;
        return _nextTable - 0x1000;
    }

    private ulong TakeGuest()
    {
        _nextGuestTable += 0x1000;
        return _nextGuestTable - 0x1000;
    }

    private void Put(ulong address, ulong value) => _memory.Write64(address, value);

    private void PutGuest(ulong address, ulong value) =>
        _memory.Write64(address + (_scene == TableScene.Nested ? GuestShift : 0), value);
}
