using Iommu.Hardware.Amd.Formats;

namespace Iommu.Hardware.Amd.Caches;

/// <summary>
/// The caches of one IOMMU and of the devices behind it, and their clock. A fill looks, in one step with it, whether an invalidation
/// since its walk began covers it; so nothing comes back that was removed.
/// </summary>
internal sealed class TranslationCaches(CacheSizes sizes)
{
    private const int LogSize = 4096;
    private const int PageLog2 = 12;
    private const ulong PagesProbedMax = 64;

    private readonly Lock _lock = new();
    private readonly Command[] _log = new Command[LogSize];
    private readonly EntryTable _pages = new(sizes.PagesLog2, PageLog2);
    private readonly EntryTable _large = new(sizes.LargeLog2, PageLog2);
    private readonly EntryTable _tables = new(sizes.TablesLog2, 21);
    private readonly EntryTable _roots = new(sizes.TablesLog2, 63);
    private long _sequence;

    /// <summary>Invalidations carried out so far, and ticks: what a walk notes when it begins.</summary>
    public long Sequence => Volatile.Read(ref _sequence);

    public int Count => _pages.Count + _large.Count + _tables.Count + _roots.Count;

    public CacheEntry? Find(CacheKind kind, ushort domain, int pasid, ulong address) => kind switch
    {
        CacheKind.Host or CacheKind.Guest =>
            _pages.Find(kind, domain, pasid, address) ?? _large.Find(kind, domain, pasid, address),
        CacheKind.GuestRoot => _roots.Find(kind, domain, pasid, address),
        _ => _tables.Find(kind, domain, pasid, address),
    };

    /// <summary>Keeps an entry, found for an address, unless an invalidation overtook its walk.</summary>
    public void Keep(CacheEntry entry, ulong address)
    {
        lock (_lock)
            if (!IsCovered(entry.Sequence, command => InvalidationScope.Covers(command, entry))) TableOf(entry).Insert(entry, address);
    }

    public void KeepInAtc(DeviceContext device, CacheEntry entry, ulong address)
    {
        lock (_lock)
            if (!IsCovered(entry.Sequence, command => InvalidationScope.Covers(command, entry))) device.Atc.Insert(entry, address);
    }

    public void KeepEntry(DeviceContext device, DeviceTableEntry entry, long since)
    {
        lock (_lock)
            if (!IsCovered(since, command => InvalidationScope.CoversDevice(command, device.DeviceId))) device.Entry = entry;
    }

    /// <summary>Removes what a command covers, of the devices named too.</summary>
    public void Invalidate(Command command, IEnumerable<DeviceContext> devices)
    {
        lock (_lock)
        {
            RemoveLeaves(command);
            if (command.Opcode == Opcode.InvalidateIommuAll || command is { Opcode: Opcode.InvalidateIommuPages, Tables: true })
            {
                _tables.Remove(command);
                _roots.Remove(command);
            }
            foreach (var device in devices)
            {
                device.Atc.Remove(command);
                if (InvalidationScope.CoversDevice(command, device.DeviceId)) device.Entry = null;
            }
            _log[(_sequence + 1) % LogSize] = command;
            Volatile.Write(ref _sequence, _sequence + 1);
        }
    }

    /// <summary>Moves the clock without invalidating anything: a mark between earlier and later walks.</summary>
    public long Tick()
    {
        lock (_lock)
        {
            _log[(_sequence + 1) % LogSize] = default;
            Volatile.Write(ref _sequence, _sequence + 1);
            return _sequence;
        }
    }

    private EntryTable TableOf(CacheEntry entry) => entry.Kind switch
    {
        CacheKind.Host or CacheKind.Guest => entry.LeafLog2 == PageLog2 ? _pages : _large,
        CacheKind.GuestRoot => _roots,
        _ => _tables,
    };

    // A page is where its address says; a part of a larger leaf may be anywhere.
    private void RemoveLeaves(Command command)
    {
        if (command.Opcode is not (Opcode.InvalidateIommuPages or Opcode.InvalidateIommuAll)) return;
        _large.Remove(command);
        var (first, last) = command.Range;
        if (command.Opcode == Opcode.InvalidateIommuAll || !command.IsGuest || (last - first) >> PageLog2 >= PagesProbedMax)
        {
            _pages.Remove(command);
            return;
        }
        for (var page = first >> PageLog2; page <= last >> PageLog2; page++)
            _pages.RemovePage(CacheKind.Guest, command.DomainId, command.Pasid, page << PageLog2);
    }

    private bool IsCovered(long since, Func<Command, bool> covers)
    {
        if (_sequence - since >= LogSize) return true;
        for (var at = since + 1; at <= _sequence; at++)
            if (covers(_log[at % LogSize])) return true;
        return false;
    }
}
