using Iommu.Hardware.Amd.Caches;
using Iommu.Hardware.Amd.Formats;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Amd.Walk;

/// <summary>
/// A walk of the guest's tables, resumable: GCR3 tables from PASID to CR3, then x86 tables of 4 or 5 levels. The address of each entry is
/// translated by the host's tables first.
/// </summary>
internal sealed class GuestWalk(AmdCore core, HostWalk host)
{
    private const ulong AddressMask = 0x000F_FFFF_FFFF_F000;
    private const int PresentBit = 0;
    private const int WriteBit = 1;
    private const int UserBit = 2;
    private const int LargeBit = 7;
    private const int PasidsPerTableLog2 = 9;

    private DeviceTableEntry _entry = null!;
    private long _sequence;
    private Access _access;
    private ulong _table;
    private int _level;
    private bool _inGcr;
    private bool _rootIsPhysical;
    private bool _translating;
    private Access _granted;

    public ulong Va { get; private set; }

    public int Pasid { get; private set; }

    /// <summary>The guest physical address, once <see cref="Step"/> has returned true without a fault.</summary>
    public ulong Output { get; private set; }

    public int LeafLog2 { get; private set; }

    public Access Granted { get; private set; }

    public WalkFault? Fault { get; private set; }

    public void Begin(DeviceTableEntry entry, int pasid, ulong va, Access access, long sequence, ITransactionWitness<CacheEntry>? witness)
    {
        (_entry, Pasid, Va, _access, _sequence) = (entry, pasid, va, access, sequence);
        (Fault, _translating, _granted, _rootIsPhysical) = (null, false, Access.ReadWrite, false);
        var caches = core.Caches;
        if (caches.Find(CacheKind.GuestTable, entry.DomainId, pasid, va) is { } table)
        {
            witness?.Hit(table);
            (_inGcr, _table, _level, _granted) = (false, table.Output, table.Level, table.Granted);
        }
        else if (caches.Find(CacheKind.GuestRoot, entry.DomainId, pasid, 0) is { } root)
        {
            witness?.Hit(root);
            (_inGcr, _table, _level) = (false, root.Output, entry.Guest!.Levels);
        }
        else
        {
            (_inGcr, _table, _level) = (true, entry.Guest!.GcrRoot, entry.Guest.Glx);
            _rootIsPhysical = !core.Registers.TranslatesGuestRoot;
        }
    }

    /// <summary>One step; true when the walk has ended.</summary>
    public bool Step(ITransactionWitness<CacheEntry>? witness)
    {
        if (!IsInReach()) return End(EventFlags.None);
        var slot = _table + (_inGcr ? ((ulong)(Pasid >> (PasidsPerTableLog2 * _level)) & 0x1FF) << 3 : HostPte.OffsetOf(Va, _level));
        if (_rootIsPhysical) return Read(slot);
        if (!_translating)
        {
            host.Begin(_entry, slot, Access.Read, _sequence);
            _translating = true;
        }
        if (!host.Step(witness)) return false;
        _translating = false;
        if (host.Fault is { } fault)
        {
            Fault = fault;
            return true;
        }
        return Read(host.Output);
    }

    // Beyond the GCR3 tables there is no entry; an address must be canonical.
    private bool IsInReach()
    {
        if (Pasid >> (PasidsPerTableLog2 * (_entry.Guest!.Glx + 1)) != 0) return false;
        var bits = HostPte.InputBitsOf(_entry.Guest.Levels);
        var upper = Va >> (bits - 1);
        return upper == 0 || upper == Mask(65 - bits);
    }

    private bool Read(ulong slot)
    {
        if (!PhysicalMemory.Contains(slot))
        {
            Fault = new WalkFault(EventType.PAGE_TAB_HARDWARE_ERROR, EventFlags.Guest, Va);
            return true;
        }
        var value = core.Memory.Read64(slot);
        if (!Bit(value, PresentBit)) return End(EventFlags.None);
        _rootIsPhysical = false;
        return _inGcr ? DescendGcr(value) : Decode(value);
    }

    private bool DescendGcr(ulong value)
    {
        _table = value & AddressMask;
        if (_level-- > 0) return false;
        (_inGcr, _level) = (false, _entry.Guest!.Levels);
        core.Caches.Keep(new CacheEntry
        {
            Kind = CacheKind.GuestRoot, DomainId = _entry.DomainId, Pasid = Pasid, SizeLog2 = 64, LeafLog2 = 64, Output = _table,
            Sequence = _sequence,
        }, 0);
        return false;
    }

    private bool Decode(ulong value)
    {
        var large = _level > 1 && Bit(value, LargeBit);
        if (large && (_level > 3 || (value & AddressMask & Mask(HostPte.ShiftOf(_level)) & ~0x1000UL) != 0))
            return End(EventFlags.Present | EventFlags.Reserved);
        var granted = _granted & (!Bit(value, UserBit) ? Access.None : Bit(value, WriteBit) ? Access.ReadWrite : Access.Read);
        if (_level > 1 && !large) return Descend(value & AddressMask, granted);
        if ((granted & _access) != _access) return End(EventFlags.Present | EventFlags.Permission);
        LeafLog2 = HostPte.ShiftOf(_level);
        Output = (value & AddressMask & ~Mask(LeafLog2)) | (Va & Mask(LeafLog2));
        Granted = granted;
        return true;
    }

    private bool Descend(ulong table, Access granted)
    {
        var mapped = HostPte.ShiftOf(_level);
        (_table, _level, _granted) = (table, _level - 1, granted);
        core.Caches.Keep(new CacheEntry
        {
            Kind = CacheKind.GuestTable, DomainId = _entry.DomainId, Pasid = Pasid, Base = Va & ~Mask(mapped), SizeLog2 = mapped,
            LeafBase = Va & ~Mask(mapped), LeafLog2 = mapped, Output = table, Level = _level, Granted = granted, Sequence = _sequence,
        }, Va);
        return false;
    }

    private bool End(EventFlags flags)
    {
        Fault = new WalkFault(EventType.IO_PAGE_FAULT, flags | EventFlags.Guest, Va);
        return true;
    }
}
