using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Smmuv3.Caches;
using Iommu.Hardware.Smmuv3.Formats;

namespace Iommu.Hardware.Smmuv3.Walk;

/// <summary>
/// One transaction, resumable: configuration, cache lookups, a descriptor a step through both stages, fill. Between any
/// two steps tables may change and invalidations be done.
/// </summary>
internal sealed class TranslationMachine
{
    private readonly SmmuCore _core;
    private readonly ConfigSlot _slot;
    private readonly StreamContext _stream;
    private readonly int _substream;
    private readonly bool _hasAts;
    private readonly ITransactionWitness<CacheEntry>? _witness;
    private readonly ConfigFetch _fetch;
    private readonly Stage1Walk _stage1;
    private readonly Stage2Walk _stage2;
    private CachedConfig _config = null!;
    private Phase _phase;
    private ulong _iova;
    private Access _access;
    private long _sequence;
    private StalledTransaction? _stalled;
    private bool _isReported;

    public TranslationMachine(SmmuCore core, ConfigSlot slot, bool hasAts, ITransactionWitness<CacheEntry>? witness)
    {
        (_core, _slot, _stream, _hasAts, _witness) = (core, slot, slot.Stream, hasAts, witness);
        _substream = slot.Substream is { } substream ? (int)substream : -1;
        _stage2 = new Stage2Walk(core);
        _fetch = new ConfigFetch(core, slot, _stage2);
        _stage1 = new Stage1Walk(core, _stage2);
    }

    private enum Phase { Start, Configure, Lookup, Stage1, Stage2, Stalled, Done }

    public Translation Result { get; private set; }

    /// <summary>It faulted, and waits for its record to be written and software to answer: it is no longer in flight.</summary>
    public bool IsStalled => _phase == Phase.Stalled;

    /// <summary>The record of the transaction's fault, whether or not it was written to the ring.</summary>
    public EventRecord? Event { get; private set; }

    public void Begin(ulong iova, Access access) => (_iova, _access, _phase, Event) = (iova, access, Phase.Start, null);

    /// <summary>One step; true when <see cref="Result"/> is there.</summary>
    public bool Step()
    {
        switch (_phase)
        {
            case Phase.Start: Start(); break;
            case Phase.Configure: Configure(); break;
            case Phase.Lookup: Lookup(); break;
            case Phase.Stage1: StepStage1(); break;
            case Phase.Stage2: StepStage2(); break;
            case Phase.Stalled: StepStalled(); break;
        }
        return _phase == Phase.Done;
    }

    // The clock is read before the configuration: an entry that was walked with a configuration since replaced must not stay.
    private void Start()
    {
        _sequence = _core.Log.Sequence;
        if (_hasAts && _stream.Atc.Find(_iova, _substream) is { } kept && (kept.Granted & _access) == _access)
        {
            _witness?.Hit(kept);
            Done(Translation.Ok(kept.Translate(_iova), kept.Granted));
        }
        else if (!_core.Registers.Enabled) Done((_core.Registers.Gbpa & (1u << 20)) != 0 ? Translation.Abort : Translation.Bypass(_iova));
        else if (_slot.Config is { } config) Use(config);
        else
        {
            _fetch.Begin(_iova, _sequence);
            _phase = Phase.Configure;
        }
    }

    private void Configure()
    {
        if (!_fetch.Step(_witness)) return;
        if (_fetch.Config is { } config) Use(config);
        else if (_fetch.Event is { } record) Fail(record, _fetch.IsRecorded, _fetch.Stalls);
    }

    private void Use(CachedConfig config)
    {
        _config = config;
        if (config.Entry.Config == StreamConfig.Abort) Done(Translation.Abort);
        else if (config.Entry.Config == StreamConfig.Bypass) Pass();
        else _phase = Phase.Lookup;
    }

    private void Pass()
    {
        if (_iova >> _core.Registers.OutputBits != 0) Fail(new WalkFault(EventType.F_ADDR_SIZE, false, 0), FaultClass.Input);
        else Done(Translation.Bypass(_iova));
    }

    private void Lookup()
    {
        if (_config.Descriptor is null) LookupStage2();
        else LookupStage1(_config.Descriptor.Untag(_iova));
    }

    // Stage 2 alone: an address beyond what stage 1 could have put out is stage 1's address size fault (IHI 0070, 3.4).
    private void LookupStage2()
    {
        if (_iova >> _core.Registers.OutputBits != 0)
        {
            Fail(new WalkFault(EventType.F_ADDR_SIZE, false, 0), FaultClass.Input);
            return;
        }
        _stage2.Begin(_config, _iova, _access, _sequence);
        _phase = Phase.Stage2;
    }

    private void LookupStage1(ulong va)
    {
        if (TlbFind(va) is { } hit)
        {
            _witness?.Hit(hit);
            // A translation that does not grant the access is walked again: the fault's record needs its stage.
            if ((hit.Granted & _access) == _access)
            {
                Complete(hit, va);
                return;
            }
        }
        if (_stage1.Begin(_config, va, _access, _sequence, _witness)) _phase = Phase.Stage1;
        else Fail(new WalkFault(EventType.F_TRANSLATION, false, 0), FaultClass.Input);
    }

    private CacheEntry? TlbFind(ulong va)
    {
        var tag = _config.Tag!;
        var global = tag.Vmid.Global;
        return _core.Tlb.Find(tag, va, tag.LeafSizes) ?? (global.LeafSizes == 0 ? null : _core.Tlb.Find(global, va, global.LeafSizes));
    }

    private void StepStage1()
    {
        if (!_stage1.Step(_witness)) return;
        if (_stage1.Fault is { } fault) Fail(fault, _stage1.FaultClass);
        else if (_config.Entry.Stage2 is null) Fill(_stage1.Output, _stage1.LeafLog2, _stage1.Granted);
        else
        {
            _stage2.Begin(_config, _stage1.Output | (_stage1.Va & Bits.Mask(_stage1.LeafLog2)), _access, _sequence);
            _phase = Phase.Stage2;
        }
    }

    private void StepStage2()
    {
        if (!_stage2.Step(_witness)) return;
        if (_stage2.Fault is { } fault) Fail(fault, FaultClass.Input);
        else if (_config.Descriptor is null) Complete(_stage2.Result!, _iova);
        else
        {
            var entry = _stage2.Result!;
            var sizeLog2 = Math.Min(_stage1.LeafLog2, entry.SizeLog2);
            Fill(_stage2.Output & ~Bits.Mask(sizeLog2), sizeLog2, _stage1.Granted & entry.Granted);
        }
    }

    private void Fill(ulong output, int sizeLog2, Access granted)
    {
        var va = _stage1.Va;
        var entry = new CacheEntry
        {
            Tag = _stage1.IsGlobal ? _config.Vmid.Global : _config.Tag,
            Kind = CacheKind.Combined,
            Base = va & ~Bits.Mask(sizeLog2),
            SizeLog2 = sizeLog2,
            LeafBase = va & ~Bits.Mask(_stage1.LeafLog2),
            LeafLog2 = _stage1.LeafLog2,
            GranuleLog2 = _stage1.GranuleLog2,
            Output = output,
            Granted = granted,
            Sequence = _sequence,
        };
        _core.Keep(_core.Tlb, entry, va);
        Complete(entry, va);
    }

    private void Complete(CacheEntry entry, ulong va)
    {
        if (_hasAts && _config.Entry.AllowsAts) FillAtc(entry, va);
        Done(Translation.Ok(entry.Translate(va), entry.Granted));
    }

    private void FillAtc(CacheEntry entry, ulong va)
    {
        var kept = new CacheEntry
        {
            Kind = CacheKind.Atc, StreamId = _stream.StreamId, Substream = _substream,
            Base = _iova - (va - entry.Base), SizeLog2 = entry.SizeLog2,
            Output = entry.Output, Granted = entry.Granted, Sequence = _sequence,
        };
        _stream.Atc.Insert(_iova, kept);
        if (_core.Log.MayCover(kept, _sequence, InvalidationScope.Covers)) _stream.Atc.Withdraw(_iova, kept);
    }

    // A device that asks for a translation (ATS) is told that there is none: nothing is recorded and nothing stalls (IHI 0070, 3.9.1).
    private void Fail(WalkFault fault, FaultClass faultClass)
    {
        var second = fault.IsStage2 && faultClass != FaultClass.Input ? fault.Address & ~0xFFFUL : fault.Address;
        var record = EventRecord.Translation(
            fault.Type, _stream.StreamId, faultClass, fault.IsStage2, !_access.HasFlag(Access.Write), _iova, second)
            .Of(_slot.Substream);
        var isAsked = _hasAts && _config.Entry.AllowsAts;
        var recorded = fault.IsStage2 ? _config.Entry.Stage2!.RecordsFaults : _config.Descriptor?.RecordsFaults ?? true;
        var stalls = fault.IsStage2 ? _config.Entry.Stage2!.Stalls : _config.Descriptor?.Stalls ?? false;
        Fail(record, recorded && !isAsked, stalls && !isAsked && fault.Type != EventType.F_WALK_EABT);
    }

    private void Fail(EventRecord record, bool isRecorded, bool stalls)
    {
        Event = record;
        if (stalls && _core.Registers.EventQueueEnabled)
        {
            (_phase, _stalled, _isReported) = (Phase.Stalled, null, false);
            StepStalled();
            return;
        }
        if (isRecorded) _core.Events.Write(record);
        Done(Translation.Fault(record.Type));
    }

    private void StepStalled()
    {
        _stalled ??= _core.Stalls.Add(_stream.StreamId);
        if (_stalled is null) return;
        if (!_isReported)
        {
            Event = Event!.Value.Stalled(_stalled.Tag);
            _isReported = _core.Events.TryWrite(Event.Value);
        }
        switch (_stalled.Answer)
        {
            case StallAnswer.Retry: Begin(_iova, _access); break;
            case StallAnswer.Abort: Done(Translation.Fault(Event!.Value.Type)); break;
            case StallAnswer.Discard: Done(Translation.Discarded(Event!.Value.Type)); break;
        }
    }

    private void Done(Translation result)
    {
        Result = result;
        _phase = Phase.Done;
    }
}
