using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Smmuv3.Caches;
using Iommu.Hardware.Smmuv3.Formats;
using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Smmuv3.Walk;

/// <summary>
/// One translation by stage 2, resumable: a cache lookup, then a descriptor a step. Reused for every address that a
/// transaction needs translated: context descriptor, stage-1 tables, and the result of stage 1.
/// </summary>
internal sealed class Stage2Walk(SmmuCore core)
{
    private Stage2Regime _regime = null!;
    private TranslationTag _tag = null!;
    private ulong _address;
    private ulong _table;
    private int _level;
    private long _sequence;
    private bool _started;
    private Access _needed;

    /// <summary>Where the address leads, once <see cref="Step"/> has returned true without a fault.</summary>
    public CacheEntry? Result { get; private set; }

    public WalkFault? Fault { get; private set; }

    public ulong Address => _address;

    public ulong Output => Result!.Translate(_address);

    /// <param name="config">The stream's; its stage 2 is used.</param>
    /// <param name="address">The intermediate address.</param>
    /// <param name="needed">What stage 2 must grant.</param>
    /// <param name="sequence">The invalidation clock before the configuration was looked up.</param>
    public void Begin(CachedConfig config, ulong address, Access needed, long sequence)
    {
        (_regime, _tag, _address, _needed, _sequence) = (config.Entry.Stage2!, config.Vmid.Stage2, address, needed, sequence);
        (Result, Fault, _started) = (null, null, false);
    }

    /// <summary>One step; true when the walk has ended.</summary>
    public bool Step(ITransactionWitness<CacheEntry>? witness)
    {
        if (!_started) return Start(witness);
        var slot = _table + _regime.Geometry.OffsetOf(_address, _level);
        if (!PhysicalMemory.Contains(slot)) return End(EventType.F_WALK_EABT, slot);
        return Decode(core.Memory.Read64(slot));
    }

    private bool Start(ITransactionWitness<CacheEntry>? witness)
    {
        _started = true;
        if (_address >> _regime.Geometry.InputBits != 0) return End(EventType.F_TRANSLATION, _address);
        if (core.Stage2Leaves.Find(_tag, _address, _tag.LeafSizes) is { } hit)
        {
            witness?.Hit(hit);
            if ((hit.Granted & _needed) == _needed) return Accept(hit);
        }
        (_table, _level) = (_regime.Root, _regime.Geometry.StartLevel);
        if (core.Stage2Tables.Find(_tag, _address, _tag.TableSizes) is { } table && table.GranuleLog2 == _regime.Geometry.GranuleLog2)
        {
            witness?.Hit(table);
            (_table, _level) = (table.Output, table.Level);
        }
        return false;
    }

    private bool Decode(ulong descriptor)
    {
        var geometry = _regime.Geometry;
        var isLast = _level == 3;
        var isTableOrPage = Bit(descriptor, 1);
        if (!Bit(descriptor, 0) || isLast && !isTableOrPage || !isTableOrPage && !geometry.AllowsBlock(_level))
            return End(EventType.F_TRANSLATION, _address);
        var shift = isLast || !isTableOrPage ? geometry.ShiftOf(_level) : geometry.GranuleLog2;
        var output = InPlace(descriptor, 47, shift);
        if (output >> _regime.OutputBits != 0) return End(EventType.F_ADDR_SIZE, _address);
        if (isTableOrPage && !isLast) return Descend(output);
        return Leaf(descriptor, output, shift);
    }

    private bool Descend(ulong table)
    {
        var mapped = _regime.Geometry.ShiftOf(_level);
        (_table, _level) = (table, _level + 1);
        core.Keep(core.Stage2Tables, new CacheEntry
        {
            Tag = _tag, Kind = CacheKind.Stage2Table, Base = _address & ~Mask(mapped), SizeLog2 = mapped,
            LeafBase = _address & ~Mask(mapped), LeafLog2 = mapped, GranuleLog2 = _regime.Geometry.GranuleLog2,
            Output = table, Level = _level, Sequence = _sequence,
        }, _address);
        return false;
    }

    private bool Leaf(ulong descriptor, ulong output, int shift)
    {
        if (!Bit(descriptor, 10) && !_regime.AccessFlagFaultsDisabled) return End(EventType.F_ACCESS, _address);
        var granted = (Access)Field(descriptor, 7, 6);
        if ((granted & _needed) != _needed) return End(EventType.F_PERMISSION, _address);
        var entry = new CacheEntry
        {
            Tag = _tag, Kind = CacheKind.Stage2, Base = _address & ~Mask(shift), SizeLog2 = shift,
            LeafBase = _address & ~Mask(shift), LeafLog2 = shift, GranuleLog2 = _regime.Geometry.GranuleLog2,
            Output = output, Granted = granted, Sequence = _sequence,
        };
        core.Keep(core.Stage2Leaves, entry, _address);
        return Accept(entry);
    }

    private bool Accept(CacheEntry entry)
    {
        Result = entry;
        return true;
    }

    private bool End(EventType type, ulong address)
    {
        Fault = new WalkFault(type, true, address);
        return true;
    }
}
