using Iommu.Hardware;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using RiscvIommu.Caches;
using RiscvIommu.Formats;

namespace RiscvIommu.Walk;

/// <summary>
/// One request, resumable: the device's context, a directory level a step, then its stages, then a fault record where there is a fault
/// ("Process to translate an IOVA").
/// </summary>
internal sealed class TranslationMachine
{
    private const ulong DirectoryReserved = ~((((1UL << 44) - 1) << 10) | 1);

    private readonly Core _core;
    private readonly ContextSlot _slot;
    private readonly ITransactionWitness<TlbEntry>? _witness;
    private readonly StageWalk _first;
    private readonly StageWalk _second;
    private StageWalk _walk;
    private ContextSlot.Cached? _context;
    private Phase _phase;
    private ulong _iova;
    private Access _access;
    private ulong _table;
    private int _level;
    private long _sequence;

    public TranslationMachine(Core core, ContextSlot slot, ITransactionWitness<TlbEntry>? witness)
    {
        (_core, _slot, _witness) = (core, slot, witness);
        _second = new StageWalk(core, null);
        _walk = _first = new StageWalk(core, _second);
    }

    private enum Phase { Start, Directory, Context, Walk, Done }

    public Translation Result { get; private set; }

    public void Begin(ulong iova, Access access) => (_iova, _access, _phase, _context) = (iova, access, Phase.Start, null);

    /// <summary>One step; true when <see cref="Result"/> is there.</summary>
    public bool Step()
    {
        switch (_phase)
        {
            case Phase.Start: Start(); break;
            case Phase.Directory: ReadDirectory(); break;
            case Phase.Context: ReadContext(); break;
            case Phase.Walk: StepWalk(); break;
        }
        return _phase == Phase.Done;
    }

    // The clock is read before the context: what is walked with a context since replaced must not stay in a cache.
    private void Start()
    {
        _sequence = _core.Log.Sequence;
        var mode = (DirectoryMode)(_core.Registers.DirectoryPointer & 0xF);
        if (mode == DirectoryMode.Off) Fail(FaultCause.AllDisallowed);
        else if (mode == DirectoryMode.Bare) Done(Translation.Ok(_iova, Access.ReadWrite));
        else if (_slot.Context is { } cached) Use(cached);
        else
        {
            (_table, _level) = (Registers.PageOf(_core.Registers.DirectoryPointer), mode - DirectoryMode.OneLevel);
            _phase = _level == 0 ? Phase.Context : Phase.Directory;
        }
    }

    // Base format: 7 bits of the device id for the last level, 9 for the one above, 8 for the top one.
    private void ReadDirectory()
    {
        var index = (_slot.DeviceId >> (_level == 2 ? 16 : 7)) & (_level == 2 ? 0xFFU : 0x1FF);
        var address = _table + index * 8;
        if (!PhysicalMemory.Contains(address))
        {
            Fail(FaultCause.DirectoryLoad);
            return;
        }
        var entry = _core.Memory.Read64(address);
        if ((entry & DeviceContext.Valid) == 0) Fail(FaultCause.ContextInvalid);
        else if ((entry & DirectoryReserved) != 0) Fail(FaultCause.ContextMisconfigured);
        else
        {
            _table = Registers.PageOf(entry);
            if (--_level == 0) _phase = Phase.Context;
        }
    }

    private void ReadContext()
    {
        var address = _table + (_slot.DeviceId & 0x7F) * DeviceContext.Bytes;
        if (!PhysicalMemory.Contains(address))
        {
            Fail(FaultCause.DirectoryLoad);
            return;
        }
        var memory = _core.Memory;
        var context = new DeviceContext(
            memory.Read64(address), memory.Read64(address + 8), memory.Read64(address + 16), memory.Read64(address + 24));
        if ((context.Tc & DeviceContext.Valid) == 0) Fail(FaultCause.ContextInvalid);
        else if (!context.IsConfigured(_core.Registers)) Fail(FaultCause.ContextMisconfigured);
        else Use(_slot.Keep(context, _core.Log, _sequence));
    }

    private void Use(ContextSlot.Cached context)
    {
        _context = context;
        if (context.Stage is not { } stage)
        {
            Done(Translation.Ok(_iova, Access.ReadWrite));
            return;
        }
        _walk = stage.IsSecond ? _second : _first;
        _walk.Begin(stage, _iova, _access, _sequence);
        _phase = Phase.Walk;
    }

    private void StepWalk()
    {
        if (!_walk.Step(_witness)) return;
        if (_walk.Cause != FaultCause.None) Fail(_walk.Cause, _walk.GuestAddress);
        else Done(Translation.Ok(_walk.Result!.Translate(_iova), _walk.Result.Granted));
    }

    private void Fail(FaultCause cause, ulong guestAddress = 0)
    {
        var isSilent = _context is { Context.Tc: var tc } && (tc & DeviceContext.FaultsDisabled) != 0;
        if (!isSilent) _core.Faults.Write(FaultRecord.Of(cause, _slot.DeviceId, _access, _iova, guestAddress));
        Done(Translation.Fault(cause));
    }

    private void Done(Translation result) => (Result, _phase) = (result, Phase.Done);
}
