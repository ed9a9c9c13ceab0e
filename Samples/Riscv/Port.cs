using Iommu.Hardware;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using RiscvIommu.Caches;
using RiscvIommu.Walk;

namespace RiscvIommu;

/// <summary>
/// A device's way into the IOMMU: one request at a time, from one thread at a time. A fence waits for the requests that were in flight on
/// a port when it was reached.
/// </summary>
public sealed class Port
{
    private readonly Core _core;
    private readonly ITransactionWitness<TlbEntry>? _witness;
    private readonly TranslationMachine _machine;
    private Memory<byte> _data;
    private Access _access;
    private bool _translated;

    internal Port(Core core, uint deviceId, ITransactionWitness<TlbEntry>? witness)
    {
        (_core, _witness) = (core, witness);
        _machine = new TranslationMachine(core, core.ContextOf(deviceId), witness);
    }

    /// <summary>The outcome of the request that <see cref="Step"/> ended.</summary>
    public Translation Result { get; private set; }

    internal TransactionMarker Marker { get; } = new();

    /// <summary>Translates at full speed. An access that the caller then makes is not part of it; see <see cref="Transfer"/>.</summary>
    public Translation Translate(ulong iova, Access access) => Transfer(iova, access, default);

    /// <summary>Reads into, or writes from, a buffer that must not cross a 4 KiB page; the access is part of the request.</summary>
    public Translation Transfer(ulong iova, Access access, Memory<byte> data)
    {
        Begin(iova, access, data);
        while (!Step()) { }
        return Result;
    }

    /// <summary>Starts a request that <see cref="Step"/> carries on; it is in flight until that returns true.</summary>
    public void Begin(ulong iova, Access access, Memory<byte> data = default)
    {
        Marker.Enter();
        _witness?.Started();
        _machine.Begin(iova, access);
        (_access, _data, _translated) = (access, data, false);
    }

    /// <summary>One step: a lookup, a table entry, the transfer. True when the request has ended.</summary>
    public bool Step()
    {
        if (!_translated)
        {
            _translated = _machine.Step();
            if (!_translated) return false;
            Result = _machine.Result;
            if (!_data.IsEmpty && Result.Succeeded && PhysicalMemory.Contains(Result.Address)) return false;
        }
        else if (_access.HasFlag(Access.Write)) _core.Memory.Write(Result.Address, _data.Span);
        else _core.Memory.Read(Result.Address, _data.Span);
        Marker.Leave();
        return true;
    }
}
