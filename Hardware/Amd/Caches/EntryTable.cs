namespace Iommu.Hardware.Amd.Caches;

/// <summary>
/// A direct-mapped cache: an entry sits where the address was that it was found for. Lookups take no lock; whoever changes it holds that
/// of <see cref="TranslationCaches"/>.
/// </summary>
/// <param name="entriesLog2">Its size.</param>
/// <param name="pageLog2">Addresses that share so much of their upper bits share a place.</param>
internal sealed class EntryTable(int entriesLog2, int pageLog2)
{
    private readonly CacheEntry?[] _entries = new CacheEntry?[1 << entriesLog2];

    public int Count => _entries.Count(entry => entry is not null);

    public CacheEntry? Find(CacheKind kind, int owner, int pasid, ulong address)
    {
        var entry = Volatile.Read(ref _entries[IndexOf(kind, owner, pasid, address)]);
        return entry is not null && entry.Kind == kind && OwnerOf(entry) == owner && entry.Pasid == pasid && entry.Contains(address)
            ? entry : null;
    }

    public void Insert(CacheEntry entry, ulong address) =>
        Volatile.Write(ref _entries[IndexOf(entry.Kind, OwnerOf(entry), entry.Pasid, address)], entry);

    public void Remove(Command command)
    {
        for (var i = 0; i < _entries.Length; i++)
            if (_entries[i] is { } entry && InvalidationScope.Covers(command, entry)) Volatile.Write(ref _entries[i], null);
    }

    /// <summary>Removes what is cached of one page.</summary>
    public void RemovePage(CacheKind kind, int owner, int pasid, ulong address)
    {
        if (Find(kind, owner, pasid, address) is not null) Volatile.Write(ref _entries[IndexOf(kind, owner, pasid, address)], null);
    }

    private static int OwnerOf(CacheEntry entry) => entry.Kind == CacheKind.Atc ? entry.DeviceId : entry.DomainId;

    private int IndexOf(CacheKind kind, int owner, int pasid, ulong address)
    {
        var key = (address >> pageLog2) ^ ((ulong)owner << 40) ^ ((ulong)(uint)pasid << 24) ^ ((ulong)kind << 60);
        return (int)((key * 0x9E37_79B9_7F4A_7C15) >> (64 - entriesLog2));
    }
}
