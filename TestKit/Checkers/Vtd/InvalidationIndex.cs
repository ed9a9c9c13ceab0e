using System.Numerics;
using Iommu.Hardware.Vtd;
using Iommu.Hardware.Vtd.Caches;

namespace Iommu.TestKit.Checkers.Vtd;

/// <summary>
/// The last completed invalidations by what they reach, in bounded memory: a hash table of sets of four. One thread adds, any thread
/// looks up. What is overwritten is forgotten, so a breach may be missed but none is invented. An invalidation of addresses is an
/// aligned power of two of pages: it is filed under that block, and under the larger ones that an entry may have.
/// </summary>
internal sealed class InvalidationIndex(int setsLog2)
{
    private const int Ways = 4;

    // Sizes of entries above a page: leaves, and what tables map.
    private static readonly int[] EntrySizes = [21, 30, 39, 48];

    private readonly IssuedInvalidation?[] _sets = new IssuedInvalidation?[Ways << setsLog2];
    private ulong _blockSizes;
    private uint _turn;

    private enum Scope { Everything, Domain, OfFirstStage, Pasid, Block, Within }

    public void Add(IssuedInvalidation issued)
    {
        var descriptor = issued.Descriptor;
        switch (descriptor.Type, descriptor.Granularity)
        {
            case (DescriptorType.Iotlb, Descriptor.Global):
                Put(Key(Scope.Everything, 0, 0, 0), issued);
                break;
            case (DescriptorType.Iotlb, Descriptor.Domain):
                Put(Key(Scope.Domain, descriptor.DomainId, 0, 0), issued);
                break;
            case (DescriptorType.PasidIotlb, Descriptor.Domain):
                Put(Key(Scope.Pasid, Space(descriptor.DomainId, descriptor.Pasid), 0, 0), issued);
                break;
            case (DescriptorType.Iotlb, _):
                Put(Key(Scope.OfFirstStage, descriptor.DomainId, 0, 0), issued);
                AddBlock(issued, Space(descriptor.DomainId, null));
                break;
            case (DescriptorType.PasidIotlb, _):
                AddBlock(issued, Space(descriptor.DomainId, descriptor.Pasid));
                break;
            default:
                AddBlock(issued, DeviceSpace(
                    descriptor.SourceId, descriptor.Type == DescriptorType.DeviceTlb ? null : descriptor.Pasid));
                break;
        }
    }

    /// <summary>A completed invalidation that the entry should not have outlived, or null.</summary>
    public IssuedInvalidation? FindBreach(TranslationEntry entry, long startedAt)
    {
        if (entry.Kind == EntryKind.DeviceTlb) return FindBlock(entry, startedAt, DeviceSpace(entry.SourceId, entry.Pasid));
        var breach = Find(Key(Scope.Everything, 0, 0, 0), entry, startedAt)
            ?? Find(Key(Scope.Domain, entry.DomainId, 0, 0), entry, startedAt);
        if (breach is not null) return breach;
        if (entry.Pasid is null) return FindBlock(entry, startedAt, Space(entry.DomainId, null));
        var space = Space(entry.DomainId, entry.Pasid);
        return Find(Key(Scope.OfFirstStage, entry.DomainId, 0, 0), entry, startedAt)
            ?? Find(Key(Scope.Pasid, space, 0, 0), entry, startedAt) ?? FindBlock(entry, startedAt, space);
    }

    private static ulong Space(ushort domain, uint? pasid) => ((ulong)domain << 22) | (pasid ?? 1u << 20);

    private static ulong DeviceSpace(uint source, uint? pasid) => (1UL << 40) | ((ulong)source << 22) | (pasid ?? 1u << 20);

    private static ulong Key(Scope scope, ulong space, ulong address, int log2)
    {
        var block = log2 >= 64 ? 0 : address >> log2;
        var mixed = (space ^ ((ulong)scope << 56) ^ ((ulong)log2 << 48)) * 0xA24B_AED4_963E_E407 ^ block * 0x9FB2_1C65_1E98_DF25;
        return (mixed ^ (mixed >> 29)) * 0xBF58_476D_1CE4_E5B9;
    }

    private void AddBlock(IssuedInvalidation issued, ulong space)
    {
        var (first, last) = InvalidationReach.AddressesOf(issued.Descriptor);
        var log2 = 64 - BitOperations.LeadingZeroCount(first ^ last);
        Volatile.Write(ref _blockSizes, _blockSizes | (log2 >= 64 ? 1UL : 1UL << log2));
        Put(Key(Scope.Block, space, first, log2), issued);
        foreach (var size in EntrySizes)
            if (size > log2) Put(Key(Scope.Within, space, first, size), issued);
    }

    private IssuedInvalidation? FindBlock(TranslationEntry entry, long startedAt, ulong space)
    {
        var within = entry.SizeLog2 > 12 ? Find(Key(Scope.Within, space, entry.Base, entry.SizeLog2), entry, startedAt) : null;
        if (within is not null) return within;
        // Bit 0 stands for the whole address space.
        for (var sizes = Volatile.Read(ref _blockSizes); sizes != 0; sizes &= sizes - 1)
        {
            var log2 = BitOperations.TrailingZeroCount(sizes) is var bit && bit == 0 ? 64 : bit;
            if (log2 >= entry.SizeLog2 && Find(Key(Scope.Block, space, entry.Base, log2), entry, startedAt) is { } breach) return breach;
        }
        return null;
    }

    private void Put(ulong key, IssuedInvalidation issued) =>
        Volatile.Write(ref _sets[SetOf(key) + (int)(_turn++ & (Ways - 1))], issued);

    private IssuedInvalidation? Find(ulong key, TranslationEntry entry, long startedAt)
    {
        var first = SetOf(key);
        for (var way = first; way < first + Ways; way++)
        {
            var known = Volatile.Read(ref _sets[way]);
            if (known is null || known.IssuedAt <= entry.Sequence || known.Stamp > startedAt) continue;
            if (InvalidationReach.MustRemove(known.Descriptor, entry)) return known;
        }
        return null;
    }

    private int SetOf(ulong key) => (int)(key >> (64 - setsLog2)) * Ways;
}
