using System.Runtime.InteropServices;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Smmuv3.Caches;
using Iommu.Hardware.Smmuv3.Formats;
using Iommu.Hardware.Smmuv3.Walk;

namespace Iommu.Hardware.Smmuv3;

/// <summary>
/// A device's way into the SMMU: one transaction at a time, from one thread at a time. A device that has several in
/// flight opens several ports. CMD_SYNC waits for the transactions that were in flight on a port when it was reached.
/// </summary>
public sealed class Port
{
    private readonly SmmuCore _core;
    private readonly StreamContext _stream;
    private readonly bool _hasAts;
    private readonly ITransactionWitness? _witness;
    private readonly TranslationMachine _machine;
    private PaddedMarker _marker;
    private Memory<byte> _data;
    private bool _translated;
    private Access _access;

    internal Port(SmmuCore core, StreamContext stream, bool hasAts, ITransactionWitness? witness)
    {
        (_core, _stream, _hasAts, _witness) = (core, stream, hasAts, witness);
        _machine = new TranslationMachine(core, stream, hasAts, witness);
    }

    public uint StreamId => _stream.StreamId;

    public bool HasAts => _hasAts;

    /// <summary>The record of the last transaction's fault, whether or not it reached the ring; null when it had none.</summary>
    public EventRecord? LastEvent => _machine.Event;

    /// <summary>The outcome of the transaction that <see cref="Step"/> ended.</summary>
    public Translation Result { get; private set; }

    /// <summary>Odd while a transaction is in flight; each transaction takes two numbers.</summary>
    internal long Marker => Volatile.Read(ref _marker.Value);

    /// <summary>Translates at full speed. An access that the caller then makes is not part of it; see <see cref="Read"/>.</summary>
    public Translation Translate(ulong iova, Access access)
    {
        Enter();
        var result = Run(iova, access);
        Leave();
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
            Leave();
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
            Leave();
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
        if (!_translated)
        {
            _translated = _machine.Step();
            if (!_translated) return false;
            Result = _machine.Result;
            if (!_data.IsEmpty && Result.Succeeded) return false;
        }
        else if (_access.HasFlag(Access.Write)) _core.Memory.Write(Result.Address, _data.Span);
        else _core.Memory.Read(Result.Address, _data.Span);
        Leave();
        return true;
    }

    // The fence orders the marker before every lookup: a CMD_SYNC that does not see it has removed its entries before.
    private void Enter()
    {
        Volatile.Write(ref _marker.Value, _marker.Value + 1);
        Interlocked.MemoryBarrier();
        _witness?.Started();
    }

    private void Leave() => Volatile.Write(ref _marker.Value, _marker.Value + 1);

    private Translation Run(ulong iova, Access access)
    {
        if (TryHit(iova, access, out var result)) return result;
        _machine.Begin(iova, access);
        while (!_machine.Step()) { }
        return _machine.Result;
    }

    // The common case of the machine, without its states: configuration and translation are both cached.
    private bool TryHit(ulong iova, Access access, out Translation result)
    {
        result = default;
        if (_hasAts || !_core.Registers.Enabled || _stream.Config is not { Tag: { } tag } config) return false;
        var va = config.Descriptor?.Untag(iova) ?? iova;
        var cache = config.Descriptor is null ? _core.Stage2Leaves : _core.Tlb;
        if (cache.Find(tag, va, tag.LeafSizes) is not { } entry || (entry.Granted & access) != access) return false;
        _witness?.Hit(entry);
        result = Translation.Ok(entry.Translate(va), entry.Granted);
        return true;
    }

    // Alone on its cache lines: the port's thread writes it for every transaction.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct PaddedMarker
    {
        [FieldOffset(128)] public long Value;
    }
}
