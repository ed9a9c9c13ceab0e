namespace Iommu.Hardware.Smmuv3.Caches;

/// <summary>A table from 16-bit numbers to objects: lock-free reads, entries stay once added.</summary>
internal sealed class SparseTable<T> where T : class
{
    private readonly T?[]?[] _pages = new T?[256][];

    public T? Find(int index)
    {
        var page = Volatile.Read(ref _pages[index >> 8]);
        return page is null ? null : Volatile.Read(ref page[index & 0xFF]);
    }

    /// <summary>Adds an entry, or returns the one that another thread added first.</summary>
    public T Add(int index, T entry)
    {
        ref var slot = ref _pages[index >> 8];
        var page = Volatile.Read(ref slot) ?? Interlocked.CompareExchange(ref slot, new T?[256], null) ?? slot;
        return Interlocked.CompareExchange(ref page![index & 0xFF], entry, null) ?? entry;
    }

    public IEnumerable<T> Entries()
    {
        for (var index = 0; index < 1 << 16; index += 1)
        {
            if (Volatile.Read(ref _pages[index >> 8]) is null) index |= 0xFF;
            else if (Find(index) is { } entry) yield return entry;
        }
    }
}
