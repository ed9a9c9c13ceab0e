using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Smmuv3.Caches;

namespace Iommu.Hardware.Smmuv3.Walk;

/// <summary>What walks share: memory, registers, caches and the invalidation clock of one SMMU.</summary>
internal sealed class SmmuCore(PhysicalMemory memory, Registers registers, CacheSizes sizes)
{
    public PhysicalMemory Memory { get; } = memory;

    public Registers Registers { get; } = registers;

    public InvalidationLog<Command> Log { get; } = new();

    public SparseTable<VmidTags> Vmids { get; } = new();

    /// <summary>The TLB: stage 1, or both stages in one.</summary>
    public EntryCache Tlb { get; } = new(sizes.TlbSetsLog2);

    public EntryCache Stage1Tables { get; } = new(sizes.TableSetsLog2);

    public EntryCache Stage2Leaves { get; } = new(sizes.Stage2SetsLog2);

    public EntryCache Stage2Tables { get; } = new(sizes.TableSetsLog2);

    public EventQueue Events { get; } = new(memory, registers);

    public StallTable Stalls { get; } = new(registers);

    public VmidTags TagsOf(int vmid) => Vmids.Find(vmid) ?? Vmids.Add(vmid, new VmidTags(vmid));

    /// <summary>Keeps an entry unless an invalidation overtook the walk that found it.</summary>
    public void Keep(EntryCache cache, CacheEntry entry, ulong address)
    {
        cache.Insert(entry, address);
        if (Log.MayCover(entry, entry.Sequence, InvalidationScope.Covers)) cache.Withdraw(entry);
    }
}
