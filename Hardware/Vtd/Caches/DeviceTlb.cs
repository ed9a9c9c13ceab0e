namespace Iommu.Hardware.Vtd.Caches;

/// <summary>
/// A device's own translation cache (PCIe ATS) for one address space, direct mapped by 4 KiB page. The device looks here first and then
/// does not ask the remapping unit, so only device TLB invalidations reach what it holds.
/// </summary>
internal sealed class DeviceTlb
{
    private const int PagesLog2 = 8;

    private readonly TranslationEntry?[] _entries = new TranslationEntry?[1 << PagesLog2];

    public TranslationEntry? Find(ulong address)
    {
        var entry = Volatile.Read(ref _entries[IndexOf(address)]);
        return entry is not null && (address ^ entry.Base) >> entry.SizeLog2 == 0 ? entry : null;
    }

    public void Insert(ulong address, TranslationEntry entry) => Interlocked.Exchange(ref _entries[IndexOf(address)], entry);

    public void Withdraw(ulong address, TranslationEntry entry) =>
        Interlocked.CompareExchange(ref _entries[IndexOf(address)], null, entry);

    // Entries are larger than a page at times and sit where their page was asked for, so every one is looked at.
    public void Remove(ulong first, ulong last)
    {
        for (var i = 0; i < _entries.Length; i++)
        {
            while (Volatile.Read(ref _entries[i]) is { } entry && entry.Base <= last && entry.Last >= first)
                if (ReferenceEquals(Interlocked.CompareExchange(ref _entries[i], null, entry), entry)) break;
        }
    }

    private static int IndexOf(ulong address) => (int)(address >> 12) & ((1 << PagesLog2) - 1);
}
