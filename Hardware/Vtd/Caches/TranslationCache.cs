using System.Numerics;

namespace Iommu.Hardware.Vtd.Caches;

/// <summary>
/// A set-associative cache of translations: lookups and removals take no lock, insertions do. An entry goes by its tag and address
/// into a set.
/// </summary>
internal sealed class TranslationCache(int setsLog2)
{
    private const int Ways = 4;

    private readonly TranslationEntry?[] _entries = new TranslationEntry?[Ways << setsLog2];
    private readonly Lock _insertion = new();
    private int _victim;

    public int Count => _entries.Count(entry => entry is not null);

    /// <summary>The current entry for an address under a tag, of any size.</summary>
    public TranslationEntry? Find(PasidTag tag, ulong address)
    {
        for (var sizes = tag.Sizes; sizes != 0; sizes &= sizes - 1)
        {
            var log2 = BitOperations.TrailingZeroCount(sizes);
            var first = SetOf(tag, address, log2);
            for (var way = first; way < first + Ways; way++)
                if (Volatile.Read(ref _entries[way]) is { } entry && Is(entry, tag, address, log2) && tag.IsCurrent(entry.Sequence))
                    return entry;
        }
        return null;
    }

    /// <summary>Puts an entry in. The caller removes it again if an invalidation overtook it.</summary>
    public void Insert(TranslationEntry entry)
    {
        entry.Tag!.Note(entry.SizeLog2);
        var first = SetOf(entry.Tag, entry.Base, entry.SizeLog2);
        lock (_insertion) Volatile.Write(ref _entries[WayFor(entry, first)], entry);
        Interlocked.MemoryBarrier();
    }

    /// <summary>Removes what a tag has for a range.</summary>
    public void Remove(PasidTag tag, ulong first, ulong last)
    {
        for (var sizes = tag.Sizes; sizes != 0; sizes &= sizes - 1)
        {
            var log2 = BitOperations.TrailingZeroCount(sizes);
            if ((last - first) >> log2 > (ulong)_entries.Length / 4)
            {
                RemoveEverywhere(tag, first, last);
                return;
            }
            for (var index = first >> log2; index <= last >> log2; index++) RemoveFrom(tag, index << log2, log2);
        }
    }

    /// <summary>Takes one entry out again, if it is still there.</summary>
    public void Withdraw(TranslationEntry entry) => RemoveFrom(entry.Tag!, entry.Base, entry.SizeLog2);

    private static bool Is(TranslationEntry entry, PasidTag tag, ulong address, int log2) =>
        ReferenceEquals(entry.Tag, tag) && entry.SizeLog2 == log2 && (address ^ entry.Base) >> log2 == 0;

    private int SetOf(PasidTag tag, ulong address, int log2)
    {
        var hash = ((address >> log2) ^ ((ulong)log2 << 58) ^ tag.Salt) * 0x9E37_79B9_7F4A_7C15;
        return (int)(hash >> (64 - setsLog2)) * Ways;
    }

    private int WayFor(TranslationEntry entry, int first)
    {
        for (var way = first; way < first + Ways; way++)
            if (_entries[way] is { } present && Is(present, entry.Tag!, entry.Base, entry.SizeLog2)) return way;
        for (var way = first; way < first + Ways; way++)
            if (_entries[way] is not { } present || !present.Tag!.IsCurrent(present.Sequence)) return way;
        return first + (_victim++ & (Ways - 1));
    }

    // Retried when another entry for the same addresses took the place meanwhile: that one may be as old.
    private void RemoveFrom(PasidTag tag, ulong address, int log2)
    {
        var first = SetOf(tag, address, log2);
        for (var way = first; way < first + Ways; way++)
        {
            while (Volatile.Read(ref _entries[way]) is { } entry && Is(entry, tag, address, log2))
                if (ReferenceEquals(Interlocked.CompareExchange(ref _entries[way], null, entry), entry)) break;
        }
    }

    private void RemoveEverywhere(PasidTag tag, ulong first, ulong last)
    {
        for (var way = 0; way < _entries.Length; way++)
        {
            while (Volatile.Read(ref _entries[way]) is { } entry && ReferenceEquals(entry.Tag, tag)
                && entry.Base <= last && entry.Last >= first)
                if (ReferenceEquals(Interlocked.CompareExchange(ref _entries[way], null, entry), entry)) break;
        }
    }
}
