using System.Collections.Concurrent;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Memory;
using Iommu.Hardware.Vtd.Caches;

namespace Iommu.Hardware.Vtd.Walk;

/// <summary>What walks share: memory, registers, caches and the invalidation clock of one remapping unit.</summary>
internal sealed class RemappingCore(PhysicalMemory memory, Registers registers, VtdCacheSizes sizes)
{
    private readonly ConcurrentDictionary<ushort, DomainTags> _domains = new();

    public PhysicalMemory Memory { get; } = memory;

    public Registers Registers { get; } = registers;

    public InvalidationLog<Descriptor> Log { get; } = new();

    /// <summary>The IOTLB: first stage, or both stages in one.</summary>
    public TranslationCache FirstLeaves { get; } = new(sizes.IotlbSetsLog2);

    public TranslationCache FirstTables { get; } = new(sizes.TableSetsLog2);

    public TranslationCache SecondLeaves { get; } = new(sizes.SecondSetsLog2);

    public TranslationCache SecondTables { get; } = new(sizes.TableSetsLog2);

    public FaultRecorder Faults { get; } = new(registers);

    public ICollection<DomainTags> Domains => _domains.Values;

    public DomainTags? FindDomain(ushort id) => _domains.GetValueOrDefault(id);

    public DomainTags DomainOf(ushort id) => _domains.GetOrAdd(id, static id => new DomainTags(id));

    /// <summary>Keeps an entry unless an invalidation overtook the walk that found it.</summary>
    public void Keep(TranslationCache cache, TranslationEntry entry)
    {
        cache.Insert(entry);
        if (Log.MayCover(entry, entry.Sequence, InvalidationScope.Covers)) cache.Withdraw(entry);
    }

    /// <summary>Sets accessed and dirty bits in an entry; false when it has changed since it was read.</summary>
    public bool TrySet(ulong address, ulong read, ulong wanted) =>
        read == wanted || Memory.CompareExchange64(address, wanted, read) == read;
}
