using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Vtd.Caches;
using Iommu.Hardware.Vtd.Formats;
using Iommu.Hardware.Vtd.Walk;

namespace Iommu.Hardware.Vtd;

/// <summary>
/// A device's way into the remapping unit: one request at a time, from one thread at a time. A device that has several in flight opens
/// several ports. Wait descriptors wait for the requests that were in flight on a port when they were reached.
/// </summary>
public sealed class Port
{
    private readonly RemappingCore _core;
    private readonly DeviceContext _device;
    private readonly PageRequestQueue _pageRequests;
    private readonly PortOptions _options;
    private readonly ITransactionWitness<TranslationEntry>? _witness;
    private readonly TranslationMachine _machine;
    private Memory<byte> _data;
    private bool _translated;
    private bool _writes;

    internal Port(
        RemappingCore core, DeviceContext device, PageRequestQueue pageRequests, PortOptions options,
        ITransactionWitness<TranslationEntry>? witness)
    {
        (_core, _device, _pageRequests, _options, _witness) = (core, device, pageRequests, options, witness);
        _machine = new TranslationMachine(core, device, options.HasAts, witness);
    }

    public uint SourceId => _device.SourceId;

    public PortOptions Options => _options;

    /// <summary>The outcome of the request that <see cref="Step"/> ended.</summary>
    public Translation Result { get; private set; }

    internal TransactionMarker Marker { get; } = new();

    /// <summary>Translates at full speed. An access that the caller then makes is not part of it; see <see cref="Read"/>.</summary>
    public Translation Translate(ulong address, Access access)
    {
        Enter();
        var result = Run(Of(address, access));
        Marker.Leave();
        return result;
    }

    /// <summary>Reads through translation; the access is part of the request. Must not cross a 4 KiB page.</summary>
    public Translation Read(ulong address, Span<byte> destination)
    {
        Enter();
        var result = Run(Of(address, Access.Read));
        if (result.Succeeded && PhysicalMemory.Contains(result.Address)) _core.Memory.Read(result.Address, destination);
        Marker.Leave();
        return result;
    }

    /// <summary>Writes through translation; the access is part of the request. Must not cross a 4 KiB page.</summary>
    public Translation Write(ulong address, ReadOnlySpan<byte> source)
    {
        Enter();
        var result = Run(Of(address, Access.Write));
        if (result.Succeeded && PhysicalMemory.Contains(result.Address)) _core.Memory.Write(result.Address, source);
        Marker.Leave();
        return result;
    }

    /// <summary>Starts a request that <see cref="Step"/> carries on; it is in flight until that returns true.</summary>
    /// <param name="address">Where it goes.</param>
    /// <param name="access">Read, write or both.</param>
    /// <param name="data">Moved in a step of its own when the translation succeeded; must not cross a 4 KiB page.</param>
    public void Begin(ulong address, Access access, Memory<byte> data = default)
    {
        Enter();
        _machine.Begin(Of(address, access));
        (_data, _translated, _writes) = (data, false, access.HasFlag(Access.Write));
    }

    /// <summary>One step of the request begun: a lookup, an entry, the transfer. True when it has ended.</summary>
    public bool Step()
    {
        if (!_translated)
        {
            _translated = _machine.Step();
            if (!_translated) return false;
            Result = _machine.Result;
            if (!_data.IsEmpty && Result.Succeeded && PhysicalMemory.Contains(Result.Address)) return false;
        }
        else if (_writes) _core.Memory.Write(Result.Address, _data.Span);
        else _core.Memory.Read(Result.Address, _data.Span);
        Marker.Leave();
        return true;
    }

    /// <summary>
    /// Asks software for a page that a translation could not be had for (PCIe PRI): a descriptor in the page request queue.
    /// </summary>
    /// <param name="address">Of the page.</param>
    /// <param name="access">What is needed.</param>
    /// <param name="group">Page request group, 9 bits.</param>
    /// <param name="isLast">Whether the group ends, and so is to be answered.</param>
    /// <returns>Whether the queue took it; when it is full, a last one is answered with failure.</returns>
    public bool RequestPage(ulong address, Access access, uint group, bool isLast = true)
    {
        var request = Of(address, access);
        var taken = MayRequestPages(request) && _pageRequests.Write(PageRequest.Of(
            SourceId, _options.Pasid, address, request.Needed, _options.Privileged, group, isLast));
        if (!taken && isLast) _device.Respond(_options.Pasid, group & 0x1FF, PageGroupResponse.Failure);
        return taken;
    }

    /// <summary>The answer to a group, once; a code of <see cref="PageGroupResponse"/>, null while there is none.</summary>
    public int? TakePageResponse(uint group) => _device.TakeResponse(_options.Pasid, group & 0x1FF);

    private bool MayRequestPages(Request request)
    {
        if (_device.Context is null)
        {
            var fetch = new ConfigFetch(_core, _device);
            fetch.Begin(request, true, _core.Log.Sequence);
            while (!fetch.Step()) { }
        }
        if (_device.Context?.Entry.PageRequestEnabled == true) return true;
        _core.Faults.Record(FaultRecord.Of(
            FaultReason.PageRequestDisabled, SourceId, request.Pasid, request.Address, request.Needed, request.Privileged));
        return false;
    }

    private Request Of(ulong address, Access access) => new(
        address, (Rights)access | (_options.Execute && access.HasFlag(Access.Read) ? Rights.Execute : Rights.None),
        _options.Pasid, _options.Privileged);

    private void Enter()
    {
        Marker.Enter();
        _witness?.Started();
    }

    private Translation Run(Request request)
    {
        _machine.Begin(request);
        while (!_machine.Step()) { }
        return _machine.Result;
    }
}
