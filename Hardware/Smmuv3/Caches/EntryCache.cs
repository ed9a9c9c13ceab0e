using System.Numerics;

namespace Iommu.Hardware.Smmuv3.Caches;

/// <summary>
/// A set-associative cache of translations: lookups and removals take no lock, insertions do. An entry goes by its VMID
/// and the address of its leaf into a set, so that an invalidation for all ASIDs finds it too; the tags beside the
/// entries are a filter and only insertions write them.
/// </summary>
internal sealed class EntryCache
{
    public const int Ways = 4;

    private readonly CacheEntry?[] _entries;
    private readonly ulong[] _filter;
    private readonly int _setsLog2;
    private readonly Lock _insertion = new();
    private int _victim;

    public EntryCache(int setsLog2)
    {
        _setsLog2 = setsLog2;
        _entries = new CacheEntry?[Ways << setsLog2];
        _filter = new ulong[Ways << setsLog2];
    }

    /// <summary>The current entry for an address under a tag, trying each of <paramref name="sizes"/> (a bit per log2).</summary>
    public CacheEntry? Find(TranslationTag tag, ulong address, ulong sizes)
    {
        for (; sizes != 0; sizes &= sizes - 1)
        {
            var log2 = BitOperations.TrailingZeroCount(sizes);
            var hash = Hash(tag.Vmid.Id, address, log2);
            var first = SetOf(hash);
            var filter = hash ^ tag.Salt;
            for (var way = first; way < first + Ways; way++)
            {
                if (_filter[way] != filter || Volatile.Read(ref _entries[way]) is not { } entry) continue;
                if (!IsOf(entry, tag, address, log2)) continue;
                var found = entry.Fragments is null ? entry : FragmentOf(entry.Fragments, address);
                if (found is not null && tag.IsCurrent(found.Sequence)) return found;
            }
        }
        return null;
    }

    /// <summary>Puts an entry in, found for an address. The caller removes it again if an invalidation overtook it.</summary>
    public void Insert(CacheEntry entry, ulong address)
    {
        var tag = entry.Tag!;
        tag.Note(entry.LeafLog2, entry.Kind is CacheKind.Stage1Table or CacheKind.Stage2Table);
        var hash = Hash(tag.Vmid.Id, entry.LeafBase, entry.LeafLog2);
        lock (_insertion)
        {
            var way = WayFor(tag, entry, hash);
            if (_filter[way] == (hash ^ tag.Salt)) Replace(way, entry, address);
            else
            {
                // Never an old entry under a new filter: it would be hit although its own invalidation missed it.
                Volatile.Write(ref _entries[way], null);
                Volatile.Write(ref _filter[way], hash ^ tag.Salt);
                Volatile.Write(ref _entries[way], Prepared(entry, null, address));
            }
        }
        Interlocked.MemoryBarrier();
    }

    /// <summary>Removes what a tag has for the leaves that touch a range, of the sizes named.</summary>
    public void Remove(TranslationTag tag, ulong first, ulong last, ulong sizes)
    {
        if (IsLarge(first, last, sizes)) RemoveWhere(entry => ReferenceEquals(entry.Tag, tag) && Touches(entry, first, last, sizes));
        else
        {
            for (; sizes != 0; sizes &= sizes - 1)
            {
                var log2 = BitOperations.TrailingZeroCount(sizes);
                for (var index = first >> log2; index <= last >> log2; index++) RemoveLeaf(tag, index << log2, log2);
            }
        }
    }

    /// <summary>The same for every ASID of a VMID, and its global entries.</summary>
    public void RemoveAnyAsid(VmidTags vmid, ulong first, ulong last, ulong sizes)
    {
        if (IsLarge(first, last, sizes)) RemoveWhere(entry => ReferenceEquals(entry.Tag!.Vmid, vmid) && Touches(entry, first, last, sizes));
        else
        {
            for (; sizes != 0; sizes &= sizes - 1)
            {
                var log2 = BitOperations.TrailingZeroCount(sizes);
                for (var index = first >> log2; index <= last >> log2; index++) RemoveLeafAnyAsid(vmid, index << log2, log2);
            }
        }
    }

    /// <summary>Takes one entry (or the broken-up leaf it is a piece of) out again, if it is still there.</summary>
    public void Withdraw(CacheEntry entry) => RemoveLeaf(entry.Tag!, entry.LeafBase, entry.LeafLog2);

    public int Count => _entries.Count(entry => entry is not null);

    private static ulong Hash(int vmid, ulong address, int log2) =>
        ((address >> log2) ^ ((ulong)vmid << 40) ^ ((ulong)log2 << 58)) * 0x9E37_79B9_7F4A_7C15;

    private static bool IsOf(CacheEntry entry, TranslationTag tag, ulong address, int log2) =>
        ReferenceEquals(entry.Tag, tag) && entry.LeafLog2 == log2 && (address ^ entry.LeafBase) >> log2 == 0;

    private static bool Touches(CacheEntry entry, ulong first, ulong last, ulong sizes) =>
        ((sizes >> entry.LeafLog2) & 1) != 0 && entry.LeafBase <= last && entry.LeafBase + Bits.Mask(entry.LeafLog2) >= first;

    private static CacheEntry? FragmentOf(CacheEntry?[] pieces, ulong address)
    {
        var piece = pieces[CacheEntry.FragmentIndex(address)];
        return piece is not null && (address ^ piece.Base) >> piece.SizeLog2 == 0 ? piece : null;
    }

    // Compared and swapped: pieces that an invalidation removed while they were copied must not come back.
    private void Replace(int way, CacheEntry entry, ulong address)
    {
        while (true)
        {
            var present = Volatile.Read(ref _entries[way]);
            var next = Prepared(entry, present, address);
            if (ReferenceEquals(Interlocked.CompareExchange(ref _entries[way], next, present), present)) return;
        }
    }

    // A piece of a leaf goes into a leaf object, with the pieces that are there already, at the page it was asked for.
    private static CacheEntry Prepared(CacheEntry entry, CacheEntry? present, ulong address)
    {
        if (entry.SizeLog2 >= entry.LeafLog2) return entry;
        var pieces = present?.Fragments is { } old && IsOf(present, entry.Tag!, entry.LeafBase, entry.LeafLog2)
            ? (CacheEntry?[])old.Clone() : new CacheEntry?[1 << CacheEntry.FragmentsLog2];
        pieces[CacheEntry.FragmentIndex(address)] = entry;
        return new CacheEntry
        {
            Tag = entry.Tag, Kind = entry.Kind, LeafBase = entry.LeafBase, LeafLog2 = entry.LeafLog2, Fragments = pieces,
        };
    }

    private int SetOf(ulong hash) => (int)(hash >> (64 - _setsLog2)) * Ways;

    private bool IsLarge(ulong first, ulong last, ulong sizes) =>
        sizes != 0 && (last - first) >> BitOperations.TrailingZeroCount(sizes) > (ulong)_entries.Length / 2;

    private int WayFor(TranslationTag tag, CacheEntry entry, ulong hash)
    {
        var first = SetOf(hash);
        for (var way = first; way < first + Ways; way++)
            if (_filter[way] == (hash ^ tag.Salt)) return way;
        for (var way = first; way < first + Ways; way++)
            if (IsFree(Volatile.Read(ref _entries[way]))) return way;
        return first + (_victim++ & (Ways - 1));
    }

    private static bool IsFree(CacheEntry? entry) =>
        entry is null || entry.Fragments is null && !entry.Tag!.IsCurrent(entry.Sequence);

    private void RemoveLeaf(TranslationTag tag, ulong address, int log2)
    {
        var hash = Hash(tag.Vmid.Id, address, log2);
        var first = SetOf(hash);
        var filter = hash ^ tag.Salt;
        for (var way = first; way < first + Ways; way++)
            if (_filter[way] == filter) Clear(way, tag, address, log2);
    }

    private void RemoveLeafAnyAsid(VmidTags vmid, ulong address, int log2)
    {
        var first = SetOf(Hash(vmid.Id, address, log2));
        for (var way = first; way < first + Ways; way++)
            if (Volatile.Read(ref _entries[way])?.Tag is { } tag && ReferenceEquals(tag.Vmid, vmid)) Clear(way, tag, address, log2);
    }

    // Retried when another entry of the same leaf took the place meanwhile: that one may be as old.
    private void Clear(int way, TranslationTag tag, ulong address, int log2)
    {
        while (Volatile.Read(ref _entries[way]) is { } entry && IsOf(entry, tag, address, log2))
            if (ReferenceEquals(Interlocked.CompareExchange(ref _entries[way], null, entry), entry)) return;
    }

    private void RemoveWhere(Func<CacheEntry, bool> isStale)
    {
        for (var way = 0; way < _entries.Length; way++)
            if (Volatile.Read(ref _entries[way]) is { } entry && isStale(entry)) Clear(way, entry.Tag!, entry.LeafBase, entry.LeafLog2);
    }
}
