using Iommu.Hardware;

namespace RiscvIommu.Caches;

/// <summary>
/// The IOTLB and the walk cache in one: direct mapped, an entry goes by its tags, address and size into one place. Lookups, insertions
/// and removals take no lock; an invalidation looks at every place.
/// </summary>
internal sealed class Tlb(int placesLog2)
{
    private readonly TlbEntry?[] _places = new TlbEntry?[1 << placesLog2];

    public int Count => _places.Count(entry => entry is not null);

    /// <summary>The smallest entry of a kind that has the address: the smallest table is the deepest.</summary>
    public TlbEntry? Find(TlbKind kind, int? gscid, int pscid, ulong address)
    {
        for (var log2 = 12; log2 <= 39; log2 += 9)
        {
            var entry = Volatile.Read(ref _places[PlaceOf(kind, gscid, pscid, address, log2)]);
            if (entry is not null && entry.Kind == kind && entry.Gscid == gscid && entry.Pscid == pscid && entry.SizeLog2 == log2
                && (address ^ entry.Base) >> log2 == 0) return entry;
        }
        return null;
    }

    public void Insert(TlbEntry entry) =>
        Interlocked.Exchange(ref _places[PlaceOf(entry.Kind, entry.Gscid, entry.Pscid, entry.Base, entry.SizeLog2)], entry);

    /// <summary>Takes an entry out again, unless another has its place by now.</summary>
    public void Withdraw(TlbEntry entry) => Interlocked.CompareExchange(
        ref _places[PlaceOf(entry.Kind, entry.Gscid, entry.Pscid, entry.Base, entry.SizeLog2)], null, entry);

    // Looked at again when another took the place meanwhile: that one may be as old.
    public void Remove(Command command)
    {
        for (var place = 0; place < _places.Length; place++)
            while (Volatile.Read(ref _places[place]) is { } entry && Reach.Covers(command, entry))
                if (ReferenceEquals(Interlocked.CompareExchange(ref _places[place], null, entry), entry)) break;
    }

    private int PlaceOf(TlbKind kind, int? gscid, int pscid, ulong address, int log2)
    {
        var tags = ((ulong)kind << 60) | ((ulong)(gscid + 1 ?? 0) << 40) | ((ulong)pscid << 8) | (uint)log2;
        var mixed = ((address >> log2) ^ (tags * 0xD6E8_FEB8_6659_FD93)) * 0x9E37_79B9_7F4A_7C15;
        return (int)(mixed >> (64 - placesLog2)) & (int)Bits.Mask(placesLog2);
    }
}
