using Iommu.Hardware.Amd.Caches;
using Iommu.Hardware.Amd.Formats;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Amd.Walk;

/// <summary>
/// One transaction, resumable: device table entry, cache lookups, an entry a step through both tables, fill. Between any two steps tables
/// may change and invalidations be done.
/// </summary>
internal sealed class TranslationMachine
{
    private const int NoPasid = -1;

    private readonly AmdCore _core;
    private readonly DeviceContext _device;
    private readonly bool _hasAts;
    private readonly ITransactionWitness<CacheEntry>? _witness;
    private readonly HostWalk _host;
    private readonly GuestWalk _guest;
    private DeviceTableEntry _entry = null!;
    private Phase _phase;
    private ulong _address;
    private Access _access;
    private int _pasid;
    private long _sequence;

    public TranslationMachine(AmdCore core, DeviceContext device, bool hasAts, ITransactionWitness<CacheEntry>? witness)
    {
        (_core, _device, _hasAts, _witness) = (core, device, hasAts, witness);
        _host = new HostWalk(core);
        _guest = new GuestWalk(core, _host);
    }

    private enum Phase { Start, Entry, Lookup, Guest, Host, Done }

    public Translation Result { get; private set; }

    /// <summary>The record of the transaction's fault, whether or not it was written to a log.</summary>
    public EventRecord? Event { get; private set; }

    /// <param name="address">Where it goes.</param>
    /// <param name="access">Read, write or both.</param>
    /// <param name="pasid">The PASID of the request; null for one without.</param>
    public void Begin(ulong address, Access access, int? pasid) =>
        (_address, _access, _pasid, _phase, Event) = (address, access, pasid ?? NoPasid, Phase.Start, null);

    /// <summary>One step; true when <see cref="Result"/> is there.</summary>
    public bool Step()
    {
        switch (_phase)
        {
            case Phase.Start: Start(); break;
            case Phase.Entry: Fetch(); break;
            case Phase.Lookup: Lookup(); break;
            case Phase.Guest: StepGuest(); break;
            case Phase.Host: StepHost(); break;
        }
        return _phase == Phase.Done;
    }

    // The clock is read before the entry is looked up: what was walked with an entry since replaced must not stay.
    private void Start()
    {
        _sequence = _core.Caches.Sequence;
        if (_hasAts && _device.Atc.Find(CacheKind.Atc, _device.DeviceId, _pasid, _address) is { } kept && MayUse(kept))
        {
            _witness?.Hit(kept);
            Done(Translation.Ok(kept.Translate(_address), kept.Granted));
        }
        else if (!_core.Registers.Enabled) Done(Translation.Bypass(_address));
        else if (_device.Entry is { } entry) Use(entry);
        else _phase = Phase.Entry;
    }

    private void Fetch()
    {
        var offset = (ulong)_device.DeviceId * DeviceTableEntry.Bytes;
        var slot = _core.Registers.DeviceTableBase + offset;
        if (offset >= _core.Registers.DeviceTableBytes || !PhysicalMemory.Contains(slot))
        {
            Fail(EventType.DEV_TAB_HARDWARE_ERROR, EventFlags.None, slot, 0, isRecorded: true);
            return;
        }
        Span<ulong> words = stackalloc ulong[4];
        for (var i = 0; i < words.Length; i++) words[i] = _core.Memory.Read64(slot + (ulong)i * 8);
        if (DeviceTableEntry.Decode(words, _core.Registers.Efr) is not { } entry)
        {
            Fail(EventType.ILLEGAL_DEV_TABLE_ENTRY, EventFlags.None, _address, Math.Max(_pasid, 0), isRecorded: true);
            return;
        }
        _core.Caches.KeepEntry(_device, entry, _sequence);
        Use(entry);
    }

    private void Use(DeviceTableEntry entry)
    {
        _entry = entry;
        if (entry.Kind == EntryKind.Pass) Done(Translation.Bypass(_address));
        else if (entry.Kind == EntryKind.Blocked) Done(Translation.Abort);
        else if (_pasid != NoPasid && entry.Guest is null)
            Fail(EventType.INVALID_DEVICE_REQUEST, EventFlags.None, _address, _pasid, entry.RecordsFaults);
        else _phase = Phase.Lookup;
    }

    private void Lookup()
    {
        if (_pasid == NoPasid && _entry.Guest is not { TranslatesUntagged: true })
        {
            _host.Begin(_entry, _address, _access, _sequence);
            _phase = Phase.Host;
            return;
        }
        var pasid = Math.Max(_pasid, 0);
        if (_core.Caches.Find(CacheKind.Guest, _entry.DomainId, pasid, _address) is { } hit && MayUse(hit))
        {
            _witness?.Hit(hit);
            Complete(hit);
            return;
        }
        _guest.Begin(_entry, pasid, _address, _access, _sequence, _witness);
        _phase = Phase.Guest;
    }

    private bool MayUse(CacheEntry hit) => (hit.Granted & _access) == _access
        && (hit.IsDirty || !_access.HasFlag(Access.Write) || _entry is not { SetsDirty: true });

    private void StepGuest()
    {
        if (!_guest.Step(_witness)) return;
        if (_guest.Fault is { } fault)
        {
            Fail(fault);
            return;
        }
        _host.Begin(_entry, _guest.Output, _access, _sequence);
        _phase = Phase.Host;
    }

    private void StepHost()
    {
        var untranslated = _pasid == NoPasid && _entry.Guest is not { TranslatesUntagged: true };
        if (!_host.Step(_witness)) return;
        if (_host.Fault is { } fault) Fail(fault);
        else if (untranslated) Complete(EntryOf(CacheKind.Host, _host.SizeLog2, _host.SizeLog2, _host.Granted));
        else
        {
            var size = Math.Min(_guest.LeafLog2, _host.SizeLog2);
            var entry = EntryOf(CacheKind.Guest, size, _guest.LeafLog2, _host.Granted & _guest.Granted);
            _core.Caches.Keep(entry, _address);
            Complete(entry);
        }
    }

    private CacheEntry EntryOf(CacheKind kind, int size, int leaf, Access granted) => new()
    {
        Kind = kind, DomainId = _entry.DomainId, Pasid = kind == CacheKind.Host ? NoPasid : Math.Max(_pasid, 0),
        Base = _address & ~Mask(size), SizeLog2 = size, LeafBase = _address & ~Mask(leaf), LeafLog2 = leaf,
        Output = _host.Output - (_address & Mask(size)), Granted = granted, IsDirty = _host.IsDirty, Sequence = _sequence,
    };

    private void Complete(CacheEntry entry)
    {
        // A device that may write to a page without asking again gets it marked beforehand; one that only reads gets no more.
        if (_hasAts && _entry.AllowsAts)
            _core.Caches.KeepInAtc(_device, entry with
            {
                Kind = CacheKind.Atc, DeviceId = _device.DeviceId, Pasid = _pasid, Sequence = _sequence,
                Granted = _entry.SetsDirty && !entry.IsDirty ? entry.Granted & Access.Read : entry.Granted,
            }, _address);
        Done(Translation.Ok(entry.Translate(_address), entry.Granted));
    }

    private void Fail(WalkFault fault) => Fail(
        fault.Type, fault.Flags, fault.Address, fault.Flags.HasFlag(EventFlags.Guest) ? _guest.Pasid : _entry.DomainId,
        _entry.RecordsFaults);

    private void Fail(EventType type, EventFlags flags, ulong address, int pasidOrDomain, bool isRecorded)
    {
        if (_access.HasFlag(Access.Write)) flags |= EventFlags.Write;
        var record = EventRecord.Of(type, _device.DeviceId, pasidOrDomain, flags, address);
        Event = record;
        if (isRecorded) Record(record);
        Done(Translation.Fault(type));
    }

    // What the guest's own tables say is the guest's to know; the host's tables are the host's.
    private void Record(EventRecord record)
    {
        if (record.Flags.HasFlag(EventFlags.Guest) && _device.Guest is { } guest) guest.Write(record);
        else _core.Events.Write(record.Word0, record.Word1);
    }

    private void Done(Translation result)
    {
        Result = result;
        _phase = Phase.Done;
    }
}
