using Iommu.Hardware.Smmuv3;
using Iommu.Hardware.Smmuv3.Caches;

namespace Iommu.TestKit.Checkers;

/// <summary>
/// The last completed invalidations by what they reach, in bounded memory: a hash table of sets of four. One thread adds,
/// any thread looks up. What is overwritten is forgotten, so a breach may be missed but none is invented.
/// </summary>
internal sealed class InvalidationIndex(int setsLog2)
{
    private const int Ways = 4;
    private const int BlocksMax = 8;
    private const int WholeLog2 = 63;

    // Blocks by which an invalidation of addresses is filed: a page, what a table of pages maps, the next, everything.
    private static readonly int[] Levels = [12, 21, 30, WholeLog2];

    private readonly IssuedInvalidation?[] _sets = new IssuedInvalidation?[Ways << setsLog2];
    private uint _turn;

    private enum Scope { Everything, Stage1, Vmid, Asid, Block, Within }

    // Filed under the finest blocks of which it touches few, and once above for entries larger than those.
    public void Add(IssuedInvalidation invalidation)
    {
        var command = invalidation.Command;
        switch (command.Opcode)
        {
            case Opcode.TlbiNsnhAll: Put(Key(Scope.Everything, 0, 0), invalidation); break;
            case Opcode.TlbiNhAll: Put(Key(Scope.Stage1, command.Vmid, 0), invalidation); break;
            case Opcode.TlbiS12Vmall: Put(Key(Scope.Vmid, command.Vmid, 0), invalidation); break;
            case Opcode.TlbiNhAsid: Put(Key(Scope.Asid, Space(command), 0), invalidation); break;
            default: AddAddresses(invalidation, Space(command)); break;
        }
    }

    /// <summary>A completed invalidation that the entry should not have outlived, or null.</summary>
    public IssuedInvalidation? FindBreach(CacheEntry entry, long startedAt)
    {
        if (entry.Kind == CacheKind.Atc) return FindByAddress(entry, startedAt, AtcSpace(entry.StreamId), entry.Base, entry.SizeLog2);
        var breach = Find(Key(Scope.Everything, 0, 0), entry, startedAt) ?? Find(Key(Scope.Vmid, (ulong)entry.Vmid, 0), entry, startedAt);
        if (breach is not null) return breach;
        if (entry.Kind is CacheKind.Stage2 or CacheKind.Stage2Table)
            return FindByAddress(entry, startedAt, Stage2Space(entry.Vmid), entry.LeafBase, entry.LeafLog2);
        return Find(Key(Scope.Stage1, (ulong)entry.Vmid, 0), entry, startedAt)
            ?? Find(Key(Scope.Asid, AsidSpace(entry.Vmid, entry.Asid), 0), entry, startedAt)
            ?? FindByAddress(entry, startedAt, AsidSpace(entry.Vmid, entry.Asid), entry.LeafBase, entry.LeafLog2)
            ?? FindByAddress(entry, startedAt, AnyAsidSpace(entry.Vmid), entry.LeafBase, entry.LeafLog2);
    }

    private static ulong AsidSpace(int vmid, int asid) => ((ulong)vmid << 20) | (ushort)asid;

    private static ulong AnyAsidSpace(int vmid) => ((ulong)vmid << 20) | (1UL << 16);

    private static ulong Stage2Space(int vmid) => ((ulong)vmid << 20) | (2UL << 16);

    private static ulong AtcSpace(uint sid) => ((ulong)sid << 20) | (3UL << 16);

    private static ulong Space(Command command) => command.Opcode switch
    {
        Opcode.AtcInv => AtcSpace(command.StreamId),
        Opcode.TlbiS2Ipa => Stage2Space(command.Vmid),
        Opcode.TlbiNhVaa => AnyAsidSpace(command.Vmid),
        _ => AsidSpace(command.Vmid, command.Asid),
    };

    private static ulong Key(Scope scope, ulong space, ulong block)
    {
        var mixed = (space ^ ((ulong)scope << 56)) * 0xA24B_AED4_963E_E407 ^ block * 0x9FB2_1C65_1E98_DF25;
        return (mixed ^ (mixed >> 29)) * 0xBF58_476D_1CE4_E5B9;
    }

    private static ulong BlockKey(Scope scope, ulong space, ulong address, int log2) =>
        Key(scope, space, ((address >> log2) << 6) | (uint)log2);

    private void AddAddresses(IssuedInvalidation invalidation, ulong space)
    {
        var (first, last) = InvalidationReach.AddressesOf(invalidation.Command);
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

    private IssuedInvalidation? FindByAddress(CacheEntry entry, long startedAt, ulong space, ulong start, int sizeLog2)
    {
        var within = true;
        foreach (var log2 in Levels)
        {
            if (log2 < sizeLog2) continue;
            var breach = Find(BlockKey(Scope.Block, space, start, log2), entry, startedAt)
                ?? (within && log2 != Levels[0] ? Find(BlockKey(Scope.Within, space, start, log2), entry, startedAt) : null);
            if (breach is not null) return breach;
            within = false;
        }
        return null;
    }

    private void Put(ulong key, IssuedInvalidation invalidation) =>
        Volatile.Write(ref _sets[SetOf(key) + (int)(_turn++ & (Ways - 1))], invalidation);

    private IssuedInvalidation? Find(ulong key, CacheEntry entry, long startedAt)
    {
        var first = SetOf(key);
        for (var way = first; way < first + Ways; way++)
        {
            var known = Volatile.Read(ref _sets[way]);
            if (known is null || known.IssuedAt <= entry.Sequence || known.Stamp > startedAt) continue;
            if (InvalidationReach.MustRemove(known.Command, entry)) return known;
        }
        return null;
    }

    private int SetOf(ulong key) => (int)(key >> (64 - setsLog2)) * Ways;
}
