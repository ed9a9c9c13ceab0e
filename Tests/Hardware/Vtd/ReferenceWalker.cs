using Iommu.Hardware.Memory;

namespace Iommu.Tests.Hardware.Vtd;

/// <summary>
/// A translation written straight from the VT-d architecture specification (3.6 to 3.8, 9.7, 9.8), with no thought of speed and nothing
/// shared with the hardware model: recursion, numbers of the fault table, and a list of what each entry must look like afterwards.
/// </summary>
internal sealed class ReferenceWalker(PhysicalMemory memory, ReferenceWalker.Setup setup)
{
    private readonly Dictionary<ulong, ulong> _after = [];

    /// <summary>What a PASID table entry says; null where a stage is not used.</summary>
    public sealed record Setup(
        Stage? First, Stage? Second, bool WriteProtect, bool ExtendedAccess, bool SecondExecute, bool SecondDirty, int HostBits);

    public sealed record Stage(ulong Root, int Levels);

    /// <summary>Where it leads and what is allowed there, or the number of the fault.</summary>
    public sealed record Outcome(ulong Address, bool Read, bool Write, bool Execute, int Fault = 0)
    {
        public override string ToString() => Fault != 0 ? $"fault 0x{Fault:x}" : $"0x{Address:x} {Read} {Write}";
    }

    public sealed record Want(bool Read, bool Write, bool Execute, bool Supervisor);

    /// <summary>Entries that were come by, as they must be after the request.</summary>
    public IReadOnlyDictionary<ulong, ulong> After => _after;

    public Outcome Translate(ulong address, Want want)
    {
        if (setup.First is null) return Second(address, want.Read, want.Write, want.Execute);
        var first = First(address, want);
        if (first.Fault != 0 || setup.Second is null) return first;
        var second = Second(first.Address, want.Read, want.Write, want.Execute);
        return second.Fault != 0 ? second : new Outcome(
            second.Address, first.Read && second.Read, first.Write && second.Write, first.Execute && second.Execute);
    }

    private static Outcome Fault(int number) => new(0, false, false, false, number);

    private ulong Entry(ulong at) => _after.TryGetValue(at, out var value) ? value : memory.Read64(at);

    private bool IsMemory(ulong at) => at < Math.Pow(2, PhysicalMemory.AddressBits);

    private Outcome First(ulong address, Want want)
    {
        var stage = setup.First!;
        var lowBits = stage.Levels == 5 ? 57 : 48;
        var top = address >> (lowBits - 1);
        if (top != 0 && top != ulong.MaxValue >> (lowBits - 1)) return Fault(0x80);
        var (table, user, write, execute) = (stage.Root, true, true, true);
        for (var level = stage.Levels; ; level--)
        {
            var isTop = level == stage.Levels;
            var slot = table + Index(address, level) * 8;
            var (at, fault) = Host(slot, forWrite: false, isTop);
            if (fault != 0) return Fault(fault);
            if (!IsMemory(at)) return Fault(isTop ? 0x73 : 0x70);
            var entry = Entry(at);
            if (entry % 2 == 0) return Fault(0x71);
            var leaf = level == 1 || entry / 128 % 2 == 1;
            if (leaf && level > 3) return Fault(0x72);
            var size = 12 + 9 * (level - 1);
            if (setup.Second is null && FieldOf(entry, setup.HostBits, 51) != 0) return Fault(0x72);
            if (leaf && level > 1 && FieldOf(entry, 13, size - 1) != 0) return Fault(0x72);
            write &= entry / 2 % 2 == 1;
            user &= entry / 4 % 2 == 1;
            execute &= entry >> 63 == 0;
            var mayWrite = write || (want.Supervisor && !setup.WriteProtect);
            if (leaf && !want.Supervisor && !user) return Fault(0x81);
            if (leaf && want.Execute && !execute) return Fault(0x82);
            if (leaf && want.Write && !mayWrite) return Fault(0x85);
            var marked = entry | 32 | (setup.ExtendedAccess ? 1024UL : 0) | (leaf && want.Write ? 64UL : 0);
            if (marked != entry)
            {
                (_, fault) = Host(slot, forWrite: true, isTop);
                if (fault != 0) return Fault(fault);
            }
            _after[at] = marked;
            if (leaf) return new Outcome((FieldOf(entry, size, 51) << size) + address % (1UL << size), true, mayWrite, execute);
            table = FieldOf(entry, 12, 51) << 12;
        }
    }

    /// <summary>Where a first-stage entry is in memory.</summary>
    private (ulong At, int Fault) Host(ulong slot, bool forWrite, bool isTop)
    {
        if (setup.Second is null) return (slot, 0);
        var outcome = Second(slot, true, forWrite, false);
        return outcome.Fault switch
        {
            0x84 => (0, 0x74),
            0x85 => (0, 0x77),
            0x79 or 0x86 => (0, isTop ? 0x75 : 0x76),
            var other => (outcome.Address, other),
        };
    }

    private Outcome Second(ulong address, bool wantRead, bool wantWrite, bool wantExecute)
    {
        var stage = setup.Second!;
        if (address >= Math.Pow(2, 12 + 9 * stage.Levels)) return Fault(0x84);
        var (table, read, write, execute) = (stage.Root, true, true, true);
        for (var level = stage.Levels; ; level--)
        {
            var at = table + Index(address, level) * 8;
            if (!IsMemory(at)) return Fault(0x78);
            var entry = Entry(at);
            var usable = entry % 4 + (setup.SecondExecute ? entry / 4 % 2 : 0);
            if (usable == 0) return Fault(0x79);
            var leaf = level == 1 || entry / 128 % 2 == 1;
            if (leaf && level > 3) return Fault(0x7A);
            var size = 12 + 9 * (level - 1);
            if (FieldOf(entry, setup.HostBits, 51) != 0 || (leaf && level > 1 && FieldOf(entry, 12, size - 1) != 0)) return Fault(0x7A);
            read &= entry % 2 == 1;
            write &= entry / 2 % 2 == 1;
            execute &= !setup.SecondExecute || entry / 4 % 2 == 1;
            if (leaf && wantRead && !read) return Fault(0x86);
            if (leaf && wantWrite && !write) return Fault(0x85);
            if (leaf && wantExecute && !execute) return Fault(0x82);
            _after[at] = entry | (setup.SecondDirty ? 256UL | (leaf && wantWrite ? 512UL : 0) : 0);
            if (leaf) return new Outcome((FieldOf(entry, size, 51) << size) + address % (1UL << size), read, write, execute);
            table = FieldOf(entry, 12, 51) << 12;
        }
    }

    private static ulong Index(ulong address, int level) => address / (ulong)Math.Pow(2, 12 + 9 * (level - 1)) % 512;

    private static ulong FieldOf(ulong word, int low, int high)
    {
        var value = 0UL;
        for (var bit = low; bit <= high; bit++) value |= ((word >> bit) & 1) << (bit - low);
        return value;
    }
}
