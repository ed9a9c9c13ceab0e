using Iommu.Hardware.Caches;

namespace Iommu.Hardware.Smmuv3.Caches;

/// <summary>The tags of one VMID: one per ASID that was ever used, one for global entries, one for stage 2.</summary>
internal sealed class VmidTags
{
    private readonly SparseTable<TranslationTag> _asids = new();
    private ulong _leafSizes;
    private ulong _tableSizes;

    public VmidTags(int id)
    {
        Id = id;
        Global = new TranslationTag(this, TranslationTag.GlobalId, Stage1Floor);
        Stage2 = new TranslationTag(this, TranslationTag.Stage2Id, new Floor());
    }

    public int Id { get; }

    /// <summary>Of every entry that stage 1 had a part in.</summary>
    public Floor Stage1Floor { get; } = new();

    public TranslationTag Global { get; }

    public TranslationTag Stage2 { get; }

    /// <summary>Sizes of stage-1 leaves under any ASID.</summary>
    public ulong LeafSizes => Volatile.Read(ref _leafSizes);

    public ulong TableSizes => Volatile.Read(ref _tableSizes);

    public TranslationTag? Find(int asid) => _asids.Find(asid);

    public TranslationTag Of(int asid) => _asids.Find(asid) ?? _asids.Add(asid, new TranslationTag(this, asid, Stage1Floor));

    public void Note(ulong bit, bool isTable)
    {
        ref var sizes = ref isTable ? ref _tableSizes : ref _leafSizes;
        if ((Volatile.Read(ref sizes) & bit) == 0) Interlocked.Or(ref sizes, bit);
    }
}
