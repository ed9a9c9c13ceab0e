using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Vtd.Caches;
using Iommu.Hardware.Vtd.Formats;
using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Vtd.Walk;

/// <summary>
/// A walk of the first stage, resumable; when nested, each table entry's address is translated by the second stage first, for writing
/// where hardware must set a bit in it (sections 3.6, 3.8 and 9.7).
/// </summary>
internal sealed class FirstStageWalk(RemappingCore core, SecondStageWalk second)
{
    private const ulong Present = 1;
    private const ulong Accessed = 1UL << 5;
    private const ulong DirtyBit = 1UL << 6;
    private const ulong ExtendedAccessed = 1UL << 10;
    private const int WriteBit = 1;
    private const int UserBit = 2;
    private const int LeafBit = 7;
    private const int ExecuteDisableBit = 63;

    private CachedPasid _pasid = null!;
    private Request _request;
    private bool _privileged;
    private ulong _table;
    private int _level;
    private long _sequence;
    private bool _translating;
    private bool _updating;

    public ulong Output { get; private set; }

    public int LeafLog2 { get; private set; }

    public Rights User { get; private set; }

    public Rights Supervisor { get; private set; }

    public bool Dirty { get; private set; }

    public FaultReason Reason { get; private set; }

    /// <summary>Starts at the deepest table that is cached; false when the address is not canonical.</summary>
    public bool Begin(CachedPasid pasid, Request request, bool privileged, long sequence, ITransactionWitness<TranslationEntry>? witness)
    {
        (_pasid, _request, _privileged, _sequence) = (pasid, request, privileged, sequence);
        (Reason, _translating, _updating) = (FaultReason.None, false, false);
        var sign = (long)request.Address >> (pasid.Entry.FirstLevels == 5 ? 56 : 47);
        if (sign is not (0 or -1)) return false;
        (_table, _level, User, Supervisor) = (pasid.Entry.FirstRoot, pasid.Entry.FirstLevels, Rights.All, Rights.All);
        if (core.FirstTables.Find(pasid.Tag, request.Address) is { } cached)
        {
            witness?.Hit(cached);
            (_table, _level, User, Supervisor) = (cached.Output, cached.Level, cached.User, cached.Supervisor);
        }
        return true;
    }

    /// <summary>One step; true when the walk has ended.</summary>
    public bool Step(ITransactionWitness<TranslationEntry>? witness)
    {
        var slot = _table + (((_request.Address >> ShiftOf(_level)) & 0x1FF) << 3);
        if (_pasid.Entry.Type == TranslationType.FirstStage) return Visit(slot, mayWrite: true);
        if (!_translating)
        {
            second.Begin(_pasid, slot, _updating ? Rights.Read | Rights.Write : Rights.Read, _sequence);
            _translating = true;
        }
        if (!second.Step(witness)) return false;
        _translating = false;
        return second.Reason == FaultReason.None ? Visit(second.Output, _updating) : End(OfTable(second.Reason));
    }

    private static int ShiftOf(int level) => 12 + 9 * (level - 1);

    private bool IsRoot => _level == _pasid.Entry.FirstLevels;

    private bool IsNested => _pasid.Entry.Type == TranslationType.Nested;

    private FaultReason OfTable(FaultReason reason) => reason switch
    {
        FaultReason.BeyondSecondStage => FaultReason.FirstStageTableBeyond,
        FaultReason.WriteDenied => FaultReason.FirstStageTableWrite,
        FaultReason.SecondStageNotPresent or FaultReason.ReadDenied =>
            IsRoot ? FaultReason.FirstStageRootRead : FaultReason.FirstStageTableRead,
        _ => reason,
    };

    private bool Visit(ulong slot, bool mayWrite)
    {
        if (!PhysicalMemory.Contains(slot)) return End(IsRoot ? FaultReason.FirstStageRootAccess : FaultReason.FirstStageAccess);
        var entry = core.Memory.Read64(slot);
        if ((entry & Present) == 0) return End(FaultReason.FirstStageNotPresent);
        var isLeaf = _level == 1 || Bit(entry, LeafBit);
        if (HasReserved(entry, isLeaf)) return End(FaultReason.FirstStageReserved);
        var (user, supervisor) = (User & UserRights(entry), Supervisor & SupervisorRights(entry));
        if (isLeaf && Denied(_privileged ? supervisor : user) is var reason and not FaultReason.None) return End(reason);
        var wanted = entry | Accessed | (_pasid.Entry.ExtendedAccess ? ExtendedAccessed : 0)
            | (isLeaf && _request.Needed.HasFlag(Rights.Write) ? DirtyBit : 0);
        if (wanted != entry && !mayWrite)
        {
            _updating = true;
            return false;
        }
        // Changed since it was read: the next step reads it again.
        if (!core.TrySet(slot, entry, wanted)) return false;
        (_updating, User, Supervisor) = (false, user, supervisor);
        return isLeaf ? Leaf(wanted) : Descend(entry);
    }

    private bool HasReserved(ulong entry, bool isLeaf)
    {
        // Guest addresses are held against the second stage when they are used.
        var reserved = IsNested ? 0 : core.Registers.BeyondHost & Mask(52);
        if (!isLeaf || _level == 1) return (entry & reserved) != 0;
        // Bit 12 of a large leaf is PAT.
        reserved |= Mask(ShiftOf(_level)) & ~0x1FFFUL;
        return (entry & reserved) != 0 || _level > 3 || (_level == 3 && !core.Registers.HasFirstStage1Gib);
    }

    private static Rights UserRights(ulong entry) => !Bit(entry, UserBit) ? Rights.None : Common(entry, Bit(entry, WriteBit));

    private Rights SupervisorRights(ulong entry) => Common(entry, Bit(entry, WriteBit) || !_pasid.Entry.WriteProtect);

    private static Rights Common(ulong entry, bool writable) =>
        Rights.Read | (writable ? Rights.Write : Rights.None) | (Bit(entry, ExecuteDisableBit) ? Rights.None : Rights.Execute);

    // A user request without any right met a supervisor entry: every other entry can be read.
    private FaultReason Denied(Rights rights)
    {
        if (!rights.HasFlag(Rights.Read)) return FaultReason.UserDenied;
        var missing = _request.Needed & ~rights;
        if (missing.HasFlag(Rights.Execute)) return FaultReason.ExecuteDenied;
        return missing.HasFlag(Rights.Write) ? FaultReason.WriteDenied : FaultReason.None;
    }

    private bool Descend(ulong entry)
    {
        var mapped = ShiftOf(_level);
        (_table, _level) = (InPlace(entry, 51, 12), _level - 1);
        core.Keep(core.FirstTables, new TranslationEntry
        {
            Tag = _pasid.Tag, Pasid = _pasid.Tag.Pasid, Kind = EntryKind.FirstStageTable,
            Base = _request.Address & ~Mask(mapped), SizeLog2 = mapped, Output = _table, Level = _level,
            User = User, Supervisor = Supervisor, Dirty = true, Sequence = _sequence,
        });
        return false;
    }

    private bool Leaf(ulong entry)
    {
        LeafLog2 = ShiftOf(_level);
        Output = InPlace(entry, 51, LeafLog2);
        Dirty = (entry & DirtyBit) != 0;
        return true;
    }

    private bool End(FaultReason reason)
    {
        Reason = reason;
        return true;
    }
}
