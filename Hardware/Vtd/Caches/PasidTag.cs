using Iommu.Hardware.Caches;

namespace Iommu.Hardware.Vtd.Caches;

/// <summary>
/// What cached translations of one PASID of a domain carry; the domain's second stage has one too. An entry is current when its walk
/// began at or after both floors.
/// </summary>
internal sealed class PasidTag(DomainTags domain, uint? pasid, Floor group)
{
    private ulong _sizes;

    public DomainTags Domain { get; } = domain;

    /// <summary>Null for the second stage.</summary>
    public uint? Pasid { get; } = pasid;

    public Floor Own { get; } = new();

    public Floor Group { get; } = group;

    public ulong Salt { get; } = (((ulong)domain.Id << 21) | (pasid is { } value ? value : 1UL << 20)) * 0xD6E8_FEB8_6659_FD93;

    /// <summary>Sizes (a bit per log2) of entries that were ever cached under this tag: what a lookup has to try.</summary>
    public ulong Sizes => Volatile.Read(ref _sizes);

    public bool IsCurrent(long sequence) => sequence >= Own.Value && sequence >= Group.Value;

    /// <summary>Before an entry of that size is inserted, so that no invalidation overlooks it.</summary>
    public void Note(int sizeLog2)
    {
        var bit = 1UL << sizeLog2;
        if ((Volatile.Read(ref _sizes) & bit) == 0) Interlocked.Or(ref _sizes, bit);
    }
}
