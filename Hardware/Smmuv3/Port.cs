using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Smmuv3.Caches;
using Iommu.Hardware.Smmuv3.Formats;
using Iommu.Hardware.Smmuv3.Walk;

namespace Iommu.Hardware.Smmuv3;

/// <summary>
/// A device's way into the SMMU: one transaction at a time, from one thread at a time. A device that has several in
/// flight opens several ports. CMD_SYNC waits for the transactions that were in flight on a port when it was reached; one that is
/// stalled is not: when it is resumed it looks everything up again.
/// </summary>
public sealed class Port
{
    private readonly SmmuCore _core;
    private readonly ConfigSlot _slot;
    private readonly bool _hasAts;
    private readonly ITransactionWitness<CacheEntry>? _witness;
    private readonly TranslationMachine _machine;
    private Memory<byte> _data;
    private bool _translated;
    private bool _parked;
    private Access _access;

    internal Port(SmmuCore core, ConfigSlot slot, bool hasAts, ITransactionWitness<CacheEntry>? witness)
    {
        (_core, _slot, _hasAts, _witness) = (core, slot, hasAts, witness);
        _machine = new TranslationMachine(core, slot, hasAts, witness);
    }

    public uint StreamId => _slot.Stream.StreamId;

    /// <summary>What its transactions have with them (PASID); null for none.</summary>
    public uint? Substream => _slot.Substream;

    public bool HasAts => _hasAts;

    /// <summary>The record of the last transaction's fault, whether or not it reached the ring; null when it had none.</summary>
    public EventRecord? LastEvent => _machine.Event;

    /// <summary>The outcome of the transaction that <see cref="Step"/> ended.</summary>
    public Translation Result { get; private set; }

    /// <summary>Whether its transaction has faulted and waits for software; <see cref="Step"/> carries it on.</summary>
    public bool IsStalled => _parked;

    internal TransactionMarker Marker { get; } = new();

    /// <summary>
    /// Translates at full speed; one that stalls comes back as such, for <see cref="Step"/> to carry on. An access that the caller then
    /// makes is not part of it; see <see cref="Read"/>.
    /// </summary>
    public Translation Translate(ulong iova, Access access)
    {
        _data = default;
        Enter();
        var result = Run(iova, access);
        if (!_parked) Marker.Leave();
        return result;
    }

    /// <summary>Reads through translation; the access is part of the transaction. Stops at the first page that fails.</summary>
    public Translation Read(ulong iova, Span<byte> destination)
    {
        var result = default(Translation);
        while (!destination.IsEmpty)
        {
            var count = Math.Min(destination.Length, PhysicalMemory.PageBytes - (int)(iova % PhysicalMemory.PageBytes));
            Enter();
            result = Run(iova, Access.Read);
            if (result.Succeeded) _core.Memory.Read(result.Address, destination[..count]);
            if (!_parked) Marker.Leave();
            if (!result.Succeeded) return result;
            destination = destination[count..];
            iova += (ulong)count;
        }
        return result;
    }

    /// <summary>Writes through translation; the access is part of the transaction. Stops at the first page that fails.</summary>
    public Translation Write(ulong iova, ReadOnlySpan<byte> source)
    {
        var result = default(Translation);
        while (!source.IsEmpty)
        {
            var count = Math.Min(source.Length, PhysicalMemory.PageBytes - (int)(iova % PhysicalMemory.PageBytes));
            Enter();
            result = Run(iova, Access.Write);
            if (result.Succeeded) _core.Memory.Write(result.Address, source[..count]);
            if (!_parked) Marker.Leave();
            if (!result.Succeeded) return result;
            source = source[count..];
            iova += (ulong)count;
        }
        return result;
    }

    /// <summary>Starts a transaction that <see cref="Step"/> carries on; it is in flight until that returns true.</summary>
    /// <param name="iova">Where it goes.</param>
    /// <param name="access">Read, write or both.</param>
    /// <param name="data">Moved in a step of its own when the translation succeeded; must not cross a 4 KiB page.</param>
    public void Begin(ulong iova, Access access, Memory<byte> data = default)
    {
        if ((int)(iova % PhysicalMemory.PageBytes) + data.Length > PhysicalMemory.PageBytes)
            throw new ArgumentException("a transaction stays within a 4 KiB page", nameof(data));
        Enter();
        _machine.Begin(iova, access);
        (_data, _translated, _access) = (data, false, access);
    }

    /// <summary>One step of the transaction begun: a lookup, a descriptor, the transfer. True when it has ended.</summary>
    public bool Step()
    {
        if (_parked) return StepParked();
        if (!_translated)
        {
            _translated = _machine.Step();
            if (!_translated)
            {
                if (_machine.IsStalled) Park();
                return false;
            }
            Result = _machine.Result;
            if (!_data.IsEmpty && Result.Succeeded) return false;
        }
        else if (_access.HasFlag(Access.Write)) _core.Memory.Write(Result.Address, _data.Span);
        else _core.Memory.Read(Result.Address, _data.Span);
        Marker.Leave();
        return true;
    }

    private void Park()
    {
        _parked = true;
        Marker.Leave();
    }

    // Out of flight until it is resumed: then it starts from the beginning.
    private bool StepParked()
    {
        var ended = _machine.Step();
        if (_machine.IsStalled) return false;
        _parked = false;
        if (ended) Result = _machine.Result;
        else Enter();
        return ended;
    }

    private void Enter()
    {
        if (_parked) throw new InvalidOperationException("the transaction before is stalled");
        Marker.Enter();
        _witness?.Started();
    }

    private Translation Run(ulong iova, Access access)
    {
        if (TryHit(iova, access, out var result)) return result;
        _machine.Begin(iova, access);
        _translated = false;
        while (!_machine.Step())
        {
            if (!_machine.IsStalled) continue;
            Park();
            return Translation.Stalled;
        }
        return _machine.Result;
    }

    // The common case of the machine, without its states: configuration and translation are both cached.
    private bool TryHit(ulong iova, Access access, out Translation result)
    {
        result = default;
        if (_hasAts || !_core.Registers.Enabled || _slot.Config is not { Tag: { } tag } config) return false;
        var va = config.Descriptor?.Untag(iova) ?? iova;
        var cache = config.Descriptor is null ? _core.Stage2Leaves : _core.Tlb;
        if (cache.Find(tag, va, tag.LeafSizes) is not { } entry || (entry.Granted & access) != access) return false;
        _witness?.Hit(entry);
        result = Translation.Ok(entry.Translate(va), entry.Granted);
        return true;
    }
}
