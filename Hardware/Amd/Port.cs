using Iommu.Hardware.Amd.Caches;
using Iommu.Hardware.Amd.Formats;
using Iommu.Hardware.Amd.Walk;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;

namespace Iommu.Hardware.Amd;

/// <summary>
/// A device's way into the IOMMU: one transaction at a time, from one thread at a time. A device that has several in flight opens several
/// ports. COMPLETION_WAIT waits for the transactions that were in flight on a port when it was reached.
/// </summary>
public sealed class Port
{
    private readonly AmdCore _core;
    private readonly DeviceContext _device;
    private readonly ITransactionWitness<CacheEntry>? _witness;
    private readonly TranslationMachine _machine;
    private Memory<byte> _data;
    private bool _translated;
    private Access _access;

    internal Port(AmdCore core, DeviceContext device, bool hasAts, ITransactionWitness<CacheEntry>? witness)
    {
        (_core, _device, _witness) = (core, device, witness);
        _machine = new TranslationMachine(core, device, hasAts, witness);
    }

    public ushort DeviceId => _device.DeviceId;

    /// <summary>The record of the last transaction's fault, whether or not it reached a log; null when it had none.</summary>
    public EventRecord? LastEvent => _machine.Event;

    /// <summary>The outcome of the transaction that <see cref="Step"/> ended.</summary>
    public Translation Result { get; private set; }

    internal TransactionMarker InFlight { get; } = new();

    /// <summary>Translates at full speed. An access that the caller then makes is not part of it; see <see cref="Step"/>.</summary>
    public Translation Translate(ulong address, Access access, int? pasid = null)
    {
        Begin(address, access, pasid);
        while (!Step()) { }
        return Result;
    }

    /// <summary>Starts a transaction that <see cref="Step"/> carries on; it is in flight until that returns true.</summary>
    /// <param name="address">Where it goes.</param>
    /// <param name="access">Read, write or both.</param>
    /// <param name="pasid">The PASID of the request; null for one without.</param>
    /// <param name="data">Moved in a step of its own when the translation succeeded; must not cross a 4 KiB page.</param>
    public void Begin(ulong address, Access access, int? pasid = null, Memory<byte> data = default)
    {
        if ((int)(address % PhysicalMemory.PageBytes) + data.Length > PhysicalMemory.PageBytes)
            throw new ArgumentException("a transaction stays within a 4 KiB page", nameof(data));
        InFlight.Enter();
        _witness?.Started();
        _machine.Begin(address, access, pasid);
        (_data, _translated, _access) = (data, false, access);
    }

    /// <summary>One step of the transaction begun: a lookup, a table entry, the transfer. True when it has ended.</summary>
    public bool Step()
    {
        if (!_translated)
        {
            _translated = _machine.Step();
            if (!_translated) return false;
            Result = _machine.Result;
            // Tables can lead to where there is no memory: nobody answers.
            if (Result.Succeeded && !PhysicalMemory.Contains(Result.Address)) Result = Translation.Abort;
            if (!_data.IsEmpty && Result.Succeeded) return false;
        }
        else if (_access.HasFlag(Access.Write)) _core.Memory.Write(Result.Address, _data.Span);
        else _core.Memory.Read(Result.Address, _data.Span);
        InFlight.Leave();
        return true;
    }

    /// <summary>Asks for a page (PCIe PRI). What software answers comes out of <see cref="TryTakeResponse"/>.</summary>
    /// <param name="address">The page.</param>
    /// <param name="access">What is wanted.</param>
    /// <param name="pasid">Null for none.</param>
    /// <param name="tag">What the device calls the group, 9 bits.</param>
    /// <param name="last">Whether the group ends here.</param>
    /// <returns>False when the device table entry (as it is cached) has no PPR, so that the request is refused at once.</returns>
    public bool RequestPage(ulong address, Access access, int? pasid, int tag, bool last = true)
    {
        if (_device.Entry is not { AllowsPpr: true }) Translate(address, Access.Read, pasid);
        if (_device.Entry is not { AllowsPpr: true }) return false;
        var record = PprRecord.Of(DeviceId, pasid, tag, last, access, address);
        return (_device.Guest?.TryWrite(record) ?? false) || _core.PageRequests.Write(record.Word0, record.Word1);
    }

    public bool TryTakeResponse(out PprResponse response) => _device.Responses.TryDequeue(out response);
}
