using Iommu.Hardware;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using RiscvIommu.Caches;
using RiscvIommu.Formats;

namespace RiscvIommu.Walk;

/// <summary>
/// A translation by one stage, resumable: a step is a lookup, or one table entry. Where there is a stage below, each entry's address is
/// translated by that first, and the leaf's too. Between any two steps tables may change and invalidations be done.
/// </summary>
/// <param name="core">Memory and caches.</param>
/// <param name="below">Walks the second stage for a first one; null for the walk of the second.</param>
internal sealed class StageWalk(Core core, StageWalk? below)
{
    private Stage _stage = null!;
    private Phase _phase;
    private Access _needed;
    private ulong _address;
    private ulong _slot;
    private ulong _leaf;
    private int _level;
    private bool _isWriting;
    private long _sequence;

    private enum Phase { Lookup, Slot, Entry, Output, Done }

    /// <summary>The translation, when there is no <see cref="Cause"/>.</summary>
    public TlbEntry? Result { get; private set; }

    public FaultCause Cause { get; private set; }

    /// <summary>What goes into iotval2: where the second stage failed, and whether it was on the way to a table.</summary>
    public ulong GuestAddress { get; private set; }

    /// <param name="stage">Which.</param>
    /// <param name="address">In this stage.</param>
    /// <param name="needed">What it must grant.</param>
    /// <param name="sequence">The invalidation clock before the context was looked up.</param>
    public void Begin(Stage stage, ulong address, Access needed, long sequence)
    {
        (_stage, _address, _needed, _sequence) = (stage, address, needed, sequence);
        (Result, Cause, GuestAddress, _phase, _isWriting) = (null, FaultCause.None, 0, Phase.Lookup, false);
    }

    /// <summary>One step; true when the walk has ended.</summary>
    public bool Step(ITransactionWitness<TlbEntry>? witness)
    {
        switch (_phase)
        {
            case Phase.Lookup: Lookup(witness); break;
            case Phase.Slot: StepBelow(witness, true); break;
            case Phase.Entry: Visit(below is null || _stage.Below is null ? _slot : below.Result!.Translate(_slot)); break;
            case Phase.Output: StepBelow(witness, false); break;
        }
        return _phase == Phase.Done;
    }

    private void Lookup(ITransactionWitness<TlbEntry>? witness)
    {
        if (!_stage.Reaches(_address))
        {
            Fail(PageFault);
            return;
        }
        if (core.Tlb.Find(_stage.LeafKind, _stage.Gscid, _stage.Pscid, _address) is { } hit)
        {
            witness?.Hit(hit);
            // One that does not serve is walked again: D must be set, and a fault says at which stage.
            if (hit.Serves(_needed))
            {
                End(hit);
                return;
            }
        }
        var table = _stage.Root;
        _level = _stage.Levels;
        if (core.Tlb.Find(_stage.TableKind, _stage.Gscid, _stage.Pscid, _address) is { } cached)
        {
            witness?.Hit(cached);
            (table, _level) = (cached.Output, (cached.SizeLog2 - 12) / 9);
        }
        GoTo(table);
    }

    private void GoTo(ulong table)
    {
        _slot = table + Pte.OffsetOf(_address, _level, _stage.IsSecond && _level == _stage.Levels);
        TranslateSlot(writing: false);
    }

    private void TranslateSlot(bool writing)
    {
        _isWriting = writing;
        _phase = _stage.Below is null ? Phase.Entry : Phase.Slot;
        if (_stage.Below is { } second) below!.Begin(second, _slot, writing ? Access.ReadWrite : Access.Read, _sequence);
    }

    private void StepBelow(ITransactionWitness<TlbEntry>? witness, bool isSlot)
    {
        if (!below!.Step(witness)) return;
        if (below.Cause != FaultCause.None) FailBelow(isSlot);
        else if (isSlot) _phase = Phase.Entry;
        else Combine(below.Result!);
    }

    private void Visit(ulong slot)
    {
        if (!PhysicalMemory.Contains(slot))
        {
            Fail(_needed.HasFlag(Access.Write) ? FaultCause.WriteAccess : FaultCause.ReadAccess);
            return;
        }
        var pte = core.Memory.Read64(slot);
        if (Pte.IsMalformed(pte) || Pte.IsMisplaced(pte, _level)) Fail(PageFault);
        else if (!Pte.IsLeaf(pte)) Descend(pte);
        else VisitLeaf(slot, pte);
    }

    private void Descend(ulong pte)
    {
        var log2 = Pte.ShiftOf(_level);
        core.Keep(new TlbEntry(_stage.TableKind, _stage.Gscid, _stage.Pscid, _address & ~Bits.Mask(log2), log2,
            Pte.AddressOf(pte), Access.None, true, _sequence));
        _level--;
        GoTo(Pte.AddressOf(pte));
    }

    private void VisitLeaf(ulong slot, ulong pte)
    {
        var wanted = pte | Pte.Accessed | (_needed.HasFlag(Access.Write) ? Pte.Dirty : 0);
        if ((Pte.GrantedBy(pte) & _needed) != _needed || (wanted != pte && !_stage.Updates)) Fail(PageFault);
        else if (wanted == pte || (_stage.Below is null || _isWriting) && TrySet(slot, pte, wanted)) Leaf(wanted);
        // What is to be written must be writable below as well. An entry that has changed meanwhile is read again.
        else if (_stage.Below is not null && !_isWriting) TranslateSlot(writing: true);
    }

    private bool TrySet(ulong slot, ulong read, ulong wanted) => core.Memory.CompareExchange64(slot, wanted, read) == read;

    private void Leaf(ulong pte)
    {
        _leaf = pte;
        if (_stage.Below is { } second)
        {
            below!.Begin(second, Pte.AddressOf(pte) | (_address & Bits.Mask(Pte.ShiftOf(_level))), _needed, _sequence);
            _phase = Phase.Output;
        }
        else Keep(Pte.AddressOf(pte), Pte.ShiftOf(_level), Access.ReadWrite, isDirty: true);
    }

    private void Combine(TlbEntry second)
    {
        var log2 = Math.Min(Pte.ShiftOf(_level), second.SizeLog2);
        var guest = Pte.AddressOf(_leaf) | (_address & Bits.Mask(Pte.ShiftOf(_level)));
        Keep(second.Translate(guest) & ~Bits.Mask(log2), log2, second.Granted, second.IsDirty);
    }

    private void Keep(ulong output, int log2, Access granted, bool isDirty)
    {
        var entry = new TlbEntry(_stage.LeafKind, _stage.Gscid, _stage.Pscid, _address & ~Bits.Mask(log2), log2, output,
            Pte.GrantedBy(_leaf) & granted, isDirty && (_leaf & Pte.Dirty) != 0, _sequence);
        core.Keep(entry);
        End(entry);
    }

    private FaultCause PageFault => (_stage.IsSecond, _needed.HasFlag(Access.Write)) switch
    {
        (false, false) => FaultCause.ReadPage,
        (false, true) => FaultCause.WritePage,
        (true, false) => FaultCause.ReadGuestPage,
        (true, true) => FaultCause.WriteGuestPage,
    };

    private void Fail(FaultCause cause)
    {
        if (_stage.IsSecond) GuestAddress = _address & ~3UL;
        (Cause, _phase) = (cause, Phase.Done);
    }

    // The cause is that of the device's access, whatever the walk wanted; bits 0 and 1 of iotval2 tell the walk, and that it wrote.
    private void FailBelow(bool isSlot)
    {
        var isWrite = _needed.HasFlag(Access.Write);
        Cause = below!.Cause is FaultCause.ReadAccess or FaultCause.WriteAccess
            ? (isWrite ? FaultCause.WriteAccess : FaultCause.ReadAccess)
            : isWrite ? FaultCause.WriteGuestPage : FaultCause.ReadGuestPage;
        GuestAddress = below.GuestAddress | (isSlot ? _isWriting ? 3UL : 1UL : 0);
        _phase = Phase.Done;
    }

    private void End(TlbEntry result) => (Result, _phase) = (result, Phase.Done);
}
