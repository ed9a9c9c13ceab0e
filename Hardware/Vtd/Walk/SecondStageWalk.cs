using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Vtd.Caches;
using Iommu.Hardware.Vtd.Formats;
using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Vtd.Walk;

/// <summary>
/// One translation by the second stage, resumable: a cache lookup, then an entry a step. Reused for every address that a request needs
/// translated: first-stage tables and the result of the first stage (sections 3.7 and 9.8).
/// </summary>
internal sealed class SecondStageWalk(RemappingCore core)
{
    private const ulong Accessed = 1UL << 8;
    private const ulong DirtyBit = 1UL << 9;
    private const int LeafBit = 7;
    private const int SnoopBit = 11;

    private PasidEntry _entry = null!;
    private PasidTag _tag = null!;
    private ulong _address;
    private ulong _table;
    private int _level;
    private Rights _rights;
    private Rights _needed;
    private long _sequence;
    private bool _started;

    /// <summary>Once <see cref="Step"/> has returned true without a reason.</summary>
    public TranslationEntry? Result { get; private set; }

    public FaultReason Reason { get; private set; }

    public ulong Output => Result!.Translate(_address);

    /// <param name="pasid">Whose second stage.</param>
    /// <param name="address">The guest's physical address, or the device's.</param>
    /// <param name="needed">What it must grant; with a write its dirty bits are set.</param>
    /// <param name="sequence">The invalidation clock before the configuration was looked up.</param>
    public void Begin(CachedPasid pasid, ulong address, Rights needed, long sequence)
    {
        (_entry, _tag, _address, _needed, _sequence) = (pasid.Entry, pasid.Domain.SecondStage, address, needed, sequence);
        (Result, Reason, _started) = (null, FaultReason.None, false);
    }

    /// <summary>One step; true when the walk has ended.</summary>
    public bool Step(ITransactionWitness<TranslationEntry>? witness)
    {
        if (!_started) return Start(witness);
        var slot = _table + (((_address >> ShiftOf(_level)) & 0x1FF) << 3);
        return PhysicalMemory.Contains(slot) ? Visit(slot) : End(FaultReason.SecondStageAccess);
    }

    private static int ShiftOf(int level) => 12 + 9 * (level - 1);

    private bool Start(ITransactionWitness<TranslationEntry>? witness)
    {
        _started = true;
        if (_address >> _entry.SecondBits != 0) return End(FaultReason.BeyondSecondStage);
        if (core.SecondLeaves.Find(_tag, _address) is { } hit)
        {
            witness?.Hit(hit);
            if (hit.Serves(_needed, false))
            {
                Result = hit;
                return true;
            }
        }
        (_table, _level, _rights) = (_entry.SecondRoot, _entry.SecondLevels, Rights.All);
        if (core.SecondTables.Find(_tag, _address) is { } table)
        {
            witness?.Hit(table);
            (_table, _level, _rights) = (table.Output, table.Level, table.User);
        }
        return false;
    }

    private bool Visit(ulong slot)
    {
        var entry = core.Memory.Read64(slot);
        var rights = (Rights)(entry & 3) | (!_entry.SecondExecute || Bit(entry, 2) ? Rights.Execute : Rights.None);
        if ((entry & (_entry.SecondExecute ? 7UL : 3UL)) == 0) return End(FaultReason.SecondStageNotPresent);
        var isLeaf = _level == 1 || Bit(entry, LeafBit);
        if (HasReserved(entry, isLeaf)) return End(FaultReason.SecondStageReserved);
        rights &= _rights;
        if (isLeaf && Denied(rights) is var reason and not FaultReason.None) return End(reason);
        var wanted = entry;
        if (_entry.SecondDirty) wanted |= Accessed | (isLeaf && _needed.HasFlag(Rights.Write) ? DirtyBit : 0);
        // Changed since it was read: the next step reads it again.
        if (!core.TrySet(slot, entry, wanted)) return false;
        _rights = rights;
        return isLeaf ? Leaf(wanted) : Descend(entry);
    }

    private bool HasReserved(ulong entry, bool isLeaf)
    {
        var reserved = core.Registers.BeyondHost & Mask(52);
        if (!isLeaf) return (entry & reserved) != 0;
        if (_level > 1) reserved |= Mask(ShiftOf(_level)) & ~0xFFFUL;
        if (!core.Registers.HasSnoopControl) reserved |= 1UL << SnoopBit;
        return (entry & reserved) != 0 || !core.Registers.HasSecondStageLeaf(_level);
    }

    private FaultReason Denied(Rights rights) => (_needed & ~rights) switch
    {
        Rights.None => FaultReason.None,
        var missing when missing.HasFlag(Rights.Read) => FaultReason.ReadDenied,
        var missing when missing.HasFlag(Rights.Write) => FaultReason.WriteDenied,
        _ => FaultReason.ExecuteDenied,
    };

    private bool Descend(ulong entry)
    {
        var mapped = ShiftOf(_level);
        (_table, _level) = (InPlace(entry, 51, 12), _level - 1);
        core.Keep(core.SecondTables, new TranslationEntry
        {
            Tag = _tag, Kind = EntryKind.SecondStageTable, Base = _address & ~Mask(mapped), SizeLog2 = mapped,
            Output = _table, Level = _level, User = _rights, Supervisor = _rights, Dirty = true, Sequence = _sequence,
        });
        return false;
    }

    private bool Leaf(ulong entry)
    {
        var shift = ShiftOf(_level);
        Result = new TranslationEntry
        {
            Tag = _tag, Kind = EntryKind.SecondStage, Base = _address & ~Mask(shift), SizeLog2 = shift,
            Output = InPlace(entry, 51, shift), User = _rights, Supervisor = _rights,
            Dirty = !_entry.SecondDirty || (entry & DirtyBit) != 0, Sequence = _sequence,
        };
        core.Keep(core.SecondLeaves, Result);
        return true;
    }

    private bool End(FaultReason reason)
    {
        Reason = reason;
        return true;
    }
}
