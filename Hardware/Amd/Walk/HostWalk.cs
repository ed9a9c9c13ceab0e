using Iommu.Hardware.Amd.Caches;
using Iommu.Hardware.Amd.Formats;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Amd.Walk;

/// <summary>
/// One translation by the host (v1) tables, resumable: a cache lookup, then an entry a step. Reused for every address that a request
/// needs translated: GCR3 tables, guest tables, and what those come to.
/// </summary>
internal sealed class HostWalk(AmdCore core)
{
    private DeviceTableEntry _entry = null!;
    private ulong _address;
    private Access _needed;
    private long _sequence;
    private ulong _table;
    private int _level;
    private Access _granted;
    private bool _started;

    /// <summary>Where the address leads, once <see cref="Step"/> has returned true without a fault.</summary>
    public ulong Output { get; private set; }

    public int SizeLog2 { get; private set; }

    public Access Granted { get; private set; }

    /// <summary>Whether a write may go through without another walk.</summary>
    public bool IsDirty { get; private set; }

    public WalkFault? Fault { get; private set; }

    public void Begin(DeviceTableEntry entry, ulong address, Access needed, long sequence)
    {
        (_entry, _address, _needed, _sequence) = (entry, address, needed, sequence);
        (_started, Fault) = (false, null);
    }

    /// <summary>One step; true when the walk has ended.</summary>
    public bool Step(ITransactionWitness<CacheEntry>? witness)
    {
        if (!_started) return Start(witness);
        var slot = _table + HostPte.OffsetOf(_address, _level);
        if (!PhysicalMemory.Contains(slot)) return End(EventType.PAGE_TAB_HARDWARE_ERROR, EventFlags.None);
        return Decode(slot, new HostPte(core.Memory.Read64(slot)));
    }

    private bool Start(ITransactionWitness<CacheEntry>? witness)
    {
        _started = true;
        if ((_entry.Granted & _needed) != _needed) return End(EventType.IO_PAGE_FAULT, EventFlags.Present | EventFlags.Permission);
        if (_entry.Mode == 0) return Accept(_address, 64, _entry.Granted, true);
        var bits = HostPte.InputBitsOf(_entry.Mode);
        if (bits < 64 && _address >> bits != 0) return End(EventType.IO_PAGE_FAULT, EventFlags.None);
        if (core.Caches.Find(CacheKind.Host, _entry.DomainId, -1, _address) is { } hit && MayUse(hit))
        {
            witness?.Hit(hit);
            return Accept(hit.Translate(_address), hit.SizeLog2, hit.Granted, hit.IsDirty);
        }
        (_table, _level, _granted) = (_entry.HostRoot, _entry.Mode, _entry.Granted);
        if (core.Caches.Find(CacheKind.HostTable, _entry.DomainId, -1, _address) is { } table)
        {
            witness?.Hit(table);
            (_table, _level, _granted) = (table.Output, table.Level, table.Granted);
        }
        return false;
    }

    // What does not grant the access is walked again for its event; a clean page, to mark it.
    private bool MayUse(CacheEntry hit) =>
        (hit.Granted & _needed) == _needed && (hit.IsDirty || !_entry.SetsDirty || !_needed.HasFlag(Access.Write));

    private bool Decode(ulong slot, HostPte pte)
    {
        if (!pte.IsPresent) return End(EventType.IO_PAGE_FAULT, EventFlags.None);
        if (pte.HasReservedBits) return End(EventType.IO_PAGE_FAULT, EventFlags.Present | EventFlags.Reserved);
        var granted = _granted & pte.Granted;
        if (!pte.IsLeaf) return Descend(pte, granted);
        var size = pte.SizeLog2(_level);
        if (size == 0) return End(EventType.IO_PAGE_FAULT, EventFlags.Present | EventFlags.Reserved);
        if ((granted & _needed) != _needed) return End(EventType.IO_PAGE_FAULT, EventFlags.Present | EventFlags.Permission);
        var marks = _entry.SetsDirty && _needed.HasFlag(Access.Write) && !pte.IsDirty;
        var marked = pte.Value | HostPte.Dirty | HostPte.Accessed;
        // Another's store came first: the entry is read again.
        if (marks && core.Memory.CompareExchange64(slot, marked, pte.Value) != pte.Value) return false;
        return Leaf(pte.Table & ~Mask(size), size, granted, pte.IsDirty || marks);
    }

    private bool Descend(HostPte pte, Access granted)
    {
        if (pte.NextLevel >= _level) return End(EventType.IO_PAGE_FAULT, EventFlags.Present | EventFlags.Reserved);
        var mapped = HostPte.ShiftOf(_level);
        var resolved = HostPte.ShiftOf(pte.NextLevel + 1);
        // A pointer may skip levels: the bits of those must be 0.
        if (((_address & Mask(mapped)) >> resolved) != 0) return End(EventType.IO_PAGE_FAULT, EventFlags.None);
        (_table, _level, _granted) = (pte.Table, pte.NextLevel, granted);
        core.Caches.Keep(new CacheEntry
        {
            Kind = CacheKind.HostTable, DomainId = _entry.DomainId, Base = _address & ~Mask(resolved), SizeLog2 = resolved,
            LeafBase = _address & ~Mask(mapped), LeafLog2 = mapped, Output = pte.Table, Level = _level, Granted = granted,
            Sequence = _sequence,
        }, _address);
        return false;
    }

    private bool Leaf(ulong output, int size, Access granted, bool dirty)
    {
        var entry = new CacheEntry
        {
            Kind = CacheKind.Host, DomainId = _entry.DomainId, Base = _address & ~Mask(size), SizeLog2 = size,
            LeafBase = _address & ~Mask(size), LeafLog2 = size, Output = output, Granted = granted, IsDirty = dirty, Sequence = _sequence,
        };
        core.Caches.Keep(entry, _address);
        return Accept(entry.Translate(_address), size, granted, dirty);
    }

    private bool Accept(ulong output, int size, Access granted, bool dirty)
    {
        (Output, SizeLog2, Granted, IsDirty) = (output, size, granted, dirty);
        return true;
    }

    private bool End(EventType type, EventFlags flags)
    {
        Fault = new WalkFault(type, flags, _address);
        return true;
    }
}
