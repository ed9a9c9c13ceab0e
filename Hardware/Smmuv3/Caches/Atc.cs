namespace Iommu.Hardware.Smmuv3.Caches;

/// <summary>
/// A device's own translation cache (PCIe ATS), direct mapped by 4 KiB page. The device looks here first and then does
/// not ask the SMMU, so only ATC_INV reaches what it holds.
/// </summary>
internal sealed class Atc
{
    private const int PagesLog2 = 8;

    private readonly CacheEntry?[] _entries = new CacheEntry?[1 << PagesLog2];

    public CacheEntry? Find(ulong address, int substream)
    {
        var entry = Volatile.Read(ref _entries[IndexOf(address)]);
        return entry is not null && entry.Substream == substream && (address ^ entry.Base) >> entry.SizeLog2 == 0 ? entry : null;
    }

    public void Insert(ulong address, CacheEntry entry) => Interlocked.Exchange(ref _entries[IndexOf(address)], entry);

    public void Withdraw(ulong address, CacheEntry entry) => Interlocked.CompareExchange(ref _entries[IndexOf(address)], null, entry);

    // Entries are larger than a page at times and sit where their page was asked for, so every one is looked at.
    public void Remove(Command command)
    {
        for (var i = 0; i < _entries.Length; i++)
        {
            while (Volatile.Read(ref _entries[i]) is { } entry && InvalidationScope.CoversAtc(command, entry))
                if (ReferenceEquals(Interlocked.CompareExchange(ref _entries[i], null, entry), entry)) break;
        }
    }

    private static int IndexOf(ulong address) => (int)(address >> 12) & ((1 << PagesLog2) - 1);
}
