namespace Iommu.TestKit.Checkers;

/// <summary>
/// The last completed invalidations by what they reach, in bounded memory: a hash table of sets of four. One thread adds,
/// any thread looks up. What is overwritten is forgotten, so a breach may be missed but none is invented.
/// </summary>
internal sealed class InvalidationIndex<TCommand, TEntry>(IInvalidationRules<TCommand, TEntry> rules, int setsLog2)
    where TCommand : struct where TEntry : class
{
    private const int Ways = 4;
    private const int BlocksMax = 8;
    private const int PlacesMax = 8;
    private const int WholeLog2 = 63;

    // Blocks by which an invalidation of addresses is filed: a page, what a table of pages maps, the next ones, everything.
    private static readonly int[] Levels = [12, 21, 30, 39, WholeLog2];

    private readonly IssuedInvalidation<TCommand>?[] _sets = new IssuedInvalidation<TCommand>?[Ways << setsLog2];
    private uint _turn;

    private enum Scope { Whole, Block, Within }

    public void Add(IssuedInvalidation<TCommand> invalidation)
    {
        Span<InvalidationPlace> places = stackalloc InvalidationPlace[PlacesMax];
        foreach (var place in places[..rules.PlacesOf(invalidation.Command, places)])
        {
            if (place.ByAddress) AddAddresses(invalidation, place);
            else Put(Key(Scope.Whole, place.Space, 0), invalidation);
        }
    }

    /// <summary>A completed invalidation that the entry should not have outlived, or null.</summary>
    public IssuedInvalidation<TCommand>? FindBreach(TEntry entry, long startedAt)
    {
        Span<InvalidationPlace> places = stackalloc InvalidationPlace[PlacesMax];
        foreach (var place in places[..rules.PlacesOf(entry, places)])
        {
            var breach = place.ByAddress
                ? FindByAddress(entry, startedAt, place) : Find(Key(Scope.Whole, place.Space, 0), entry, startedAt);
            if (breach is not null) return breach;
        }
        return null;
    }

    private static ulong Key(Scope scope, ulong space, ulong block)
    {
        var mixed = (space ^ ((ulong)scope << 62)) * 0xA24B_AED4_963E_E407 ^ block * 0x9FB2_1C65_1E98_DF25;
        return (mixed ^ (mixed >> 29)) * 0xBF58_476D_1CE4_E5B9;
    }

    private static ulong BlockKey(Scope scope, ulong space, ulong address, int log2) =>
        Key(scope, space, ((address >> log2) << 6) | (uint)log2);

    // Filed under the finest blocks of which it touches few, and once above for entries larger than those.
    private void AddAddresses(IssuedInvalidation<TCommand> invalidation, InvalidationPlace place)
    {
        var (space, first, last) = (place.Space, place.First, place.Last);
        var level = 0;
        while ((last >> Levels[level]) - (first >> Levels[level]) >= BlocksMax) level++;
        var own = Levels[level];
        for (var block = first >> own; block <= last >> own; block++) Put(BlockKey(Scope.Block, space, block << own, own), invalidation);
        for (level++; level < Levels.Length; level++)
        {
            var log2 = Levels[level];
            for (var block = first >> log2; block <= last >> log2; block++)
                Put(BlockKey(Scope.Within, space, block << log2, log2), invalidation);
        }
    }

    private IssuedInvalidation<TCommand>? FindByAddress(TEntry entry, long startedAt, InvalidationPlace place)
    {
        var within = true;
        foreach (var log2 in Levels)
        {
            // Blocks that the entry does not fit into.
            if (log2 < WholeLog2 && (place.First ^ place.Last) >> log2 != 0) continue;
            var breach = Find(BlockKey(Scope.Block, place.Space, place.First, log2), entry, startedAt)
                ?? (within && log2 != Levels[0] ? Find(BlockKey(Scope.Within, place.Space, place.First, log2), entry, startedAt) : null);
            if (breach is not null) return breach;
            within = false;
        }
        return null;
    }

    private void Put(ulong key, IssuedInvalidation<TCommand> invalidation) =>
        Volatile.Write(ref _sets[SetOf(key) + (int)(_turn++ & (Ways - 1))], invalidation);

    private IssuedInvalidation<TCommand>? Find(ulong key, TEntry entry, long startedAt)
    {
        var first = SetOf(key);
        for (var way = first; way < first + Ways; way++)
        {
            var known = Volatile.Read(ref _sets[way]);
            if (known is null || known.IssuedAt <= rules.SequenceOf(entry) || known.Stamp > startedAt) continue;
            if (rules.MustRemove(known.Command, entry)) return known;
        }
        return null;
    }

    private int SetOf(ulong key) => (int)(key >> (64 - setsLog2)) * Ways;
}
