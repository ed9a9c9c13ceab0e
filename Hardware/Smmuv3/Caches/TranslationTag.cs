using Iommu.Hardware.Caches;

namespace Iommu.Hardware.Smmuv3.Caches;

/// <summary>
/// What cached translations of one ASID of one VMID carry. An entry is current when its walk began at or after both
/// floors; raising a floor is how a whole ASID or VMID is invalidated.
/// </summary>
internal sealed class TranslationTag(VmidTags vmid, int id, Floor group)
{
    /// <summary>Stands for the ASID of global entries, which every ASID of the VMID hits.</summary>
    public const int GlobalId = 0x10000;

    /// <summary>Stands for the ASID of stage-2 entries, which have none.</summary>
    public const int Stage2Id = 0x10001;

    private ulong _leafSizes;
    private ulong _tableSizes;

    public VmidTags Vmid { get; } = vmid;

    public int Id { get; } = id;

    public Floor Own { get; } = new();

    public Floor Group { get; } = group;

    /// <summary>Distinguishes ASIDs within the hash of a cache.</summary>
    public ulong Salt { get; } = ((ulong)id + 1) * 0xD6E8_FEB8_6659_FD93;

    /// <summary>Sizes (a bit per log2) of leaves that were ever cached under this tag: what a lookup has to try.</summary>
    public ulong LeafSizes => Volatile.Read(ref _leafSizes);

    /// <summary>The same of intermediate tables, by what they map.</summary>
    public ulong TableSizes => Volatile.Read(ref _tableSizes);

    public bool IsCurrent(long sequence) => sequence >= Own.Value && sequence >= Group.Value;

    /// <summary>Before an entry of that size is inserted, so that no invalidation overlooks it.</summary>
    public void Note(int sizeLog2, bool isTable)
    {
        var bit = 1UL << sizeLog2;
        ref var sizes = ref isTable ? ref _tableSizes : ref _leafSizes;
        if ((Volatile.Read(ref sizes) & bit) == 0) Interlocked.Or(ref sizes, bit);
        Vmid.Note(bit, isTable);
    }
}
