using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Smmuv3.Caches;
using Iommu.Hardware.Smmuv3.Formats;
using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Smmuv3.Walk;

/// <summary>A walk of stage 1, resumable. Where stage 2 is on, each table entry's address is translated by it first.</summary>
internal sealed class Stage1Walk(SmmuCore core, Stage2Walk stage2)
{
    private CachedConfig _config = null!;
    private Stage1Regime _regime = null!;
    private Access _access;
    private ulong _table;
    private int _level;
    private TablePermissions _inherited;
    private long _sequence;
    private bool _translatingTable;

    public ulong Va { get; private set; }

    public ulong Output { get; private set; }

    public int LeafLog2 { get; private set; }

    public int GranuleLog2 => _regime.Geometry.GranuleLog2;

    public bool IsGlobal { get; private set; }

    public Access Granted { get; private set; }

    public WalkFault? Fault { get; private set; }

    public FaultClass FaultClass { get; private set; }

    /// <summary>Starts at the deepest table that is cached; false when no half of the address space covers the address.</summary>
    public bool Begin(CachedConfig config, ulong va, Access access, long sequence, ITransactionWitness<CacheEntry>? witness)
    {
        if (config.Descriptor!.HalfOf(va) is not { } half) return false;
        (_config, _regime, Va, _access, Fault, _translatingTable) = (config, half, va, access, null, false);
        (_table, _level, _inherited) = (half.Root, half.Geometry.StartLevel, TablePermissions.None);
        _sequence = sequence;
        if (core.Stage1Tables.Find(config.Tag!, va, config.Tag!.TableSizes) is { } cached && cached.GranuleLog2 == GranuleLog2)
        {
            witness?.Hit(cached);
            (_table, _level, _inherited) = (cached.Output, cached.Level, cached.Inherited);
        }
        return true;
    }

    /// <summary>One step; true when the walk has ended.</summary>
    public bool Step(ITransactionWitness<CacheEntry>? witness)
    {
        var slot = _table + _regime.Geometry.OffsetOf(Va, _level);
        if (_config.Entry.Stage2 is null) return Read(slot);
        if (!_translatingTable)
        {
            stage2.Begin(_config, slot, Access.Read, _sequence);
            _translatingTable = true;
        }
        if (!stage2.Step(witness)) return false;
        _translatingTable = false;
        if (stage2.Fault is { } fault) return End(fault, FaultClass.Table);
        return Read(stage2.Output);
    }

    private bool Read(ulong slot)
    {
        if (!PhysicalMemory.Contains(slot)) return End(new WalkFault(EventType.F_WALK_EABT, false, slot), FaultClass.Table);
        return Decode(core.Memory.Read64(slot));
    }

    private bool Decode(ulong descriptor)
    {
        var geometry = _regime.Geometry;
        var isLast = _level == 3;
        var isTableOrPage = Bit(descriptor, 1);
        if (!Bit(descriptor, 0) || isLast && !isTableOrPage || !isTableOrPage && !geometry.AllowsBlock(_level))
            return End(EventType.F_TRANSLATION);
        var isTable = isTableOrPage && !isLast;
        var shift = isTable ? geometry.GranuleLog2 : geometry.ShiftOf(_level);
        var output = InPlace(descriptor, 47, shift);
        if (output >> _config.Descriptor!.OutputBits != 0) return End(EventType.F_ADDR_SIZE);
        return isTable ? Descend(descriptor, output) : Leaf(descriptor, output, shift);
    }

    private bool Descend(ulong descriptor, ulong table)
    {
        var mapped = _regime.Geometry.ShiftOf(_level);
        if (!_regime.IgnoresHierarchy) _inherited |= (TablePermissions)Field(descriptor, 62, 61);
        (_table, _level) = (table, _level + 1);
        core.Keep(core.Stage1Tables, new CacheEntry
        {
            Tag = _config.Tag, Kind = CacheKind.Stage1Table, Base = Va & ~Mask(mapped), SizeLog2 = mapped,
            LeafBase = Va & ~Mask(mapped), LeafLog2 = mapped, GranuleLog2 = GranuleLog2,
            Output = table, Level = _level, Inherited = _inherited, Sequence = _sequence,
        }, Va);
        return false;
    }

    private bool Leaf(ulong descriptor, ulong output, int shift)
    {
        if (!Bit(descriptor, 10) && !_config.Descriptor!.AccessFlagFaultsDisabled) return End(EventType.F_ACCESS);
        Granted = GrantedBy(descriptor);
        if ((Granted & _access) != _access) return End(EventType.F_PERMISSION);
        (Output, LeafLog2, IsGlobal) = (output, shift, !Bit(descriptor, 11));
        return true;
    }

    // AP[2] takes writes away, AP[1] = 0 takes everything from an unprivileged transaction; tables above can do either.
    private Access GrantedBy(ulong descriptor)
    {
        var unprivileged = Bit(descriptor, 6) && (_inherited & TablePermissions.NoUnprivileged) == 0;
        if (!unprivileged && !_config.Entry.Privileged) return Access.None;
        var readOnly = Bit(descriptor, 7) || (_inherited & TablePermissions.ReadOnly) != 0;
        return readOnly ? Access.Read : Access.ReadWrite;
    }

    private bool End(EventType type) => End(new WalkFault(type, false, 0), FaultClass.Input);

    private bool End(WalkFault fault, FaultClass faultClass)
    {
        (Fault, FaultClass) = (fault, faultClass);
        return true;
    }
}
