using Iommu.Hardware.Memory;

namespace Iommu.Tests.Hardware.Reference;

/// <summary>
/// A translation written straight from ARM DDI 0487 (D8) and IHI 0070, with no thought of speed and nothing shared with
/// the hardware model: table by table, recursion for the second stage, results as text-like values.
/// </summary>
internal sealed class ReferenceWalker(PhysicalMemory memory)
{
    public sealed record Table(
        int Granule, int InputBits, int StartLevel, ulong Root, int OutputBits, bool IgnoreAccessFlag, bool IsStage2);

    /// <summary>Where an address leads, or the fault, its stage and the class of access: I input, T table.</summary>
    public sealed record Outcome(
        ulong Address, bool Read, bool Write, string? Fault = null, int Stage = 0, char Class = 'I', ulong Ipa = 0);

    public Outcome Translate(Table? stage1, Table? stage2, ulong address, bool write)
    {
        var first = stage1 is null ? new Outcome(address, true, true) : Walk(stage1, stage2, address, write);
        if (first.Fault is not null || stage2 is null) return first;
        var second = Walk(stage2, null, first.Address, write);
        return second.Fault is not null ? second : second with { Read = first.Read && second.Read, Write = first.Write && second.Write };
    }

    private Outcome Walk(Table table, Table? below, ulong address, bool write)
    {
        var stage = table.IsStage2 ? 2 : 1;
        Outcome Faults(string fault) => new(0, false, false, fault, stage, 'I', table.IsStage2 ? address : 0);
        if (address >= (ulong)Math.Pow(2, table.InputBits)) return Faults("F_TRANSLATION");
        var at = table.Root;
        var readOnlyAbove = false;
        var privilegedAbove = false;
        for (var level = table.StartLevel; level <= 3; level++)
        {
            var lowBit = LowBit(table.Granule, level);
            var highBit = level == table.StartLevel ? table.InputBits - 1 : LowBit(table.Granule, level - 1) - 1;
            var index = 0UL;
            for (var bit = lowBit; bit <= highBit; bit++) index |= ((address >> bit) & 1) << (bit - lowBit);
            var entryAddress = at + index * 8;
            if (below is not null)
            {
                var moved = Walk(below, null, entryAddress, false);
                if (moved.Fault is not null) return moved with { Class = 'T' };
                entryAddress = moved.Address;
            }
            var entry = memory.Read64(entryAddress);
            var kind = entry & 3;
            if (kind is 0 or 2) return Faults("F_TRANSLATION");
            if (kind == 1 && !MayBeBlock(table.Granule, level)) return Faults("F_TRANSLATION");
            var isLeaf = kind == 1 || level == 3;
            var size = isLeaf ? lowBit : (int)Math.Log2(table.Granule);
            var target = (entry & 0xFFFF_FFFF_FFFF) >> size << size;
            if (target >= (ulong)Math.Pow(2, table.OutputBits)) return Faults("F_ADDR_SIZE");
            if (!isLeaf)
            {
                if (!table.IsStage2) readOnlyAbove |= (entry & (1UL << 62)) != 0;
                if (!table.IsStage2) privilegedAbove |= (entry & (1UL << 61)) != 0;
                at = target;
                continue;
            }
            if ((entry & (1 << 10)) == 0 && !table.IgnoreAccessFlag) return Faults("F_ACCESS");
            var (read, mayWrite) = Rights(table, entry, readOnlyAbove, privilegedAbove);
            if (write ? !mayWrite : !read) return Faults("F_PERMISSION");
            return new Outcome(target + address % (1UL << size), read, mayWrite);
        }
        throw new InvalidOperationException("a walk ends at level 3");
    }

    private static (bool Read, bool Write) Rights(Table table, ulong entry, bool readOnlyAbove, bool privilegedAbove)
    {
        if (table.IsStage2) return ((entry & 0x40) != 0, (entry & 0x80) != 0);
        var user = (entry & 0x40) != 0 && !privilegedAbove;
        return (user, user && (entry & 0x80) == 0 && !readOnlyAbove);
    }

    private static int LowBit(int granule, int level) => granule switch
    {
        4096 => 39 - 9 * level,
        16384 => 47 - 11 * level,
        _ => 55 - 13 * level,
    };

    private static bool MayBeBlock(int granule, int level) => granule == 4096 ? level is 1 or 2 : level == 2;
}
