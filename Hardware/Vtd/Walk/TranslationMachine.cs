using Iommu.Hardware.Caches;
using Iommu.Hardware.Vtd.Caches;
using Iommu.Hardware.Vtd.Formats;

namespace Iommu.Hardware.Vtd.Walk;

/// <summary>
/// One request, resumable: configuration, cache lookups, an entry a step through both stages, fill. Between any two steps tables may
/// change and invalidations be done.
/// </summary>
internal sealed class TranslationMachine
{
    private readonly RemappingCore _core;
    private readonly DeviceContext _device;
    private readonly bool _hasAts;
    private readonly ITransactionWitness<TranslationEntry>? _witness;
    private readonly ConfigFetch _fetch;
    private readonly FirstStageWalk _first;
    private readonly SecondStageWalk _second;
    private CachedPasid _pasid = null!;
    private Phase _phase;
    private Request _request;
    private bool _privileged;
    private long _sequence;

    public TranslationMachine(RemappingCore core, DeviceContext device, bool hasAts, ITransactionWitness<TranslationEntry>? witness)
    {
        (_core, _device, _hasAts, _witness) = (core, device, hasAts, witness);
        _second = new SecondStageWalk(core);
        _first = new FirstStageWalk(core, _second);
        _fetch = new ConfigFetch(core, device);
    }

    private enum Phase { Start, Configure, First, Second, Done }

    public Translation Result { get; private set; }

    public void Begin(Request request) => (_request, _phase) = (request, Phase.Start);

    /// <summary>One step; true when <see cref="Result"/> is there.</summary>
    public bool Step()
    {
        switch (_phase)
        {
            case Phase.Start: Start(); break;
            case Phase.Configure: Configure(); break;
            case Phase.First: StepFirst(); break;
            case Phase.Second: StepSecond(); break;
        }
        return _phase == Phase.Done;
    }

    // The clock is read before the configuration: an entry that was walked with a configuration since replaced must not stay.
    private void Start()
    {
        _sequence = _core.Log.Sequence;
        if (_hasAts && _device.FindTlb(_request.Pasid)?.Find(_request.Address) is { } kept
            && kept.Serves(_request.Needed, _request.Privileged))
        {
            _witness?.Hit(kept);
            Done(Translation.Ok(kept.Translate(_request.Address), kept.RightsOf(_request.Privileged)));
        }
        else if (!_core.Registers.TranslationEnabled) Done(Translation.PassThrough(_request.Address));
        else if (_request is { IsToInterrupts: true, Pasid: null, Needed: Rights.Write }) Done(Translation.Interrupt);
        else
        {
            _fetch.Begin(_request, _hasAts, _sequence);
            _phase = Phase.Configure;
        }
    }

    private void Configure()
    {
        if (!_fetch.Step()) return;
        if (_fetch.Reason != FaultReason.None) Fail(_fetch.Reason);
        else if (_request.IsToInterrupts) Fail(FaultReason.InterruptAddress);
        else
        {
            (_pasid, _privileged) = (_fetch.Result!, _fetch.IsPrivileged);
            Lookup();
        }
    }

    private void Lookup()
    {
        var address = _request.Address;
        switch (_pasid.Entry.Type)
        {
            case TranslationType.PassThrough when (address & _core.Registers.BeyondHost) != 0:
                Fail(FaultReason.BeyondHost);
                break;
            case TranslationType.PassThrough:
                Done(Translation.PassThrough(address));
                break;
            case TranslationType.SecondStage:
                _second.Begin(_pasid, address, _request.Needed, _sequence);
                _phase = Phase.Second;
                break;
            default:
                LookupFirst();
                break;
        }
    }

    private void LookupFirst()
    {
        if (_core.FirstLeaves.Find(_pasid.Tag, _request.Address) is { } hit)
        {
            _witness?.Hit(hit);
            // One that does not grant it is walked again: the reason needs its stage, and dirty bits must be set.
            if (hit.Serves(_request.Needed, _privileged))
            {
                Complete(hit);
                return;
            }
        }
        if (_first.Begin(_pasid, _request, _privileged, _sequence, _witness)) _phase = Phase.First;
        else Fail(FaultReason.NotCanonical);
    }

    private void StepFirst()
    {
        if (!_first.Step(_witness)) return;
        if (_first.Reason != FaultReason.None) Fail(_first.Reason);
        else if (_pasid.Entry.Type == TranslationType.FirstStage) Fill(_first.Output, _first.LeafLog2, Rights.All, true);
        else
        {
            var offset = _request.Address & Bits.Mask(_first.LeafLog2);
            _second.Begin(_pasid, _first.Output | offset, _request.Needed, _sequence);
            _phase = Phase.Second;
        }
    }

    private void StepSecond()
    {
        if (!_second.Step(_witness)) return;
        if (_second.Reason != FaultReason.None) Fail(_second.Reason);
        else if (_pasid.Entry.Type == TranslationType.SecondStage) Complete(_second.Result!);
        else
        {
            var below = _second.Result!;
            var sizeLog2 = Math.Min(_first.LeafLog2, below.SizeLog2);
            Fill(_second.Output & ~Bits.Mask(sizeLog2), sizeLog2, below.User, below.Dirty);
        }
    }

    private void Fill(ulong output, int sizeLog2, Rights below, bool dirtyBelow)
    {
        var entry = new TranslationEntry
        {
            Tag = _pasid.Tag, Pasid = _pasid.Tag.Pasid, Kind = EntryKind.FirstStage,
            Base = _request.Address & ~Bits.Mask(sizeLog2), SizeLog2 = sizeLog2, Output = output,
            User = _first.User & below, Supervisor = _first.Supervisor & below, Dirty = _first.Dirty && dirtyBelow, Sequence = _sequence,
        };
        _core.Keep(_core.FirstLeaves, entry);
        Complete(entry);
    }

    private void Complete(TranslationEntry entry)
    {
        if (_hasAts) FillDeviceTlb(entry);
        Done(Translation.Ok(entry.Translate(_request.Address), entry.RightsOf(_privileged)));
    }

    private void FillDeviceTlb(TranslationEntry entry)
    {
        var kept = new TranslationEntry
        {
            Kind = EntryKind.DeviceTlb, SourceId = _device.SourceId, Pasid = _request.Pasid, Base = entry.Base, SizeLog2 = entry.SizeLog2,
            Output = entry.Output, User = entry.User, Supervisor = entry.Supervisor, Dirty = entry.Dirty, Sequence = _sequence,
        };
        var tlb = _device.TlbOf(_request.Pasid);
        tlb.Insert(_request.Address, kept);
        if (_core.Log.MayCover(kept, _sequence, InvalidationScope.Covers)) tlb.Withdraw(_request.Address, kept);
    }

    // What a device may ask the page for is not recorded: it gets a translation that grants nothing (section 4.2.3).
    private void Fail(FaultReason reason)
    {
        if (!_fetch.IsSilent && !(_hasAts && reason.IsRecoverable()))
            _core.Faults.Record(FaultRecord.Of(
                reason, _device.SourceId, _request.Pasid, _request.Address, _request.Needed, _request.Privileged));
        Done(Translation.Fault(reason));
    }

    private void Done(Translation result)
    {
        Result = result;
        _phase = Phase.Done;
    }
}
