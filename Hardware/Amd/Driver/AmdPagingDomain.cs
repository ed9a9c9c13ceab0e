using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using static Iommu.Hardware.Bits;

namespace Iommu.Hardware.Amd.Driver;

/// <summary>
/// A domain whose v1 tables the host writes, under a domain id of its own. Its <see cref="Reach"/> names every cache that an unmap must
/// tell: where devices are attached to it, and under the domain ids of each vIOMMU that nests on it.
/// </summary>
public sealed class AmdPagingDomain : IPagingDomain, IDirtyTracker
{
    private readonly AmdDriver _driver;
    private readonly bool _tracksDirty;

    internal AmdPagingDomain(AmdDriver driver, PageTable table, ushort domainId, bool isNestParent, bool tracksDirty) =>
        (_driver, Table, DomainId, IsNestParent, _tracksDirty) = (driver, table, domainId, isNestParent, tracksDirty);

    public IIommuDriver Iommu => _driver;

    public bool IsNestParent { get; }

    public ulong PageSizes => Mask(PageTable.LeafLog2Max + 1) & ~Mask(12);

    public ulong ApertureLast => Mask(PageTable.InputBits);

    /// <summary>Leaves have FC: no-snoop of devices is ignored.</summary>
    public bool EnforcesCoherency => true;

    public ushort DomainId { get; }

    public IDirtyTracker? Dirty => _tracksDirty ? this : null;

    /// <summary>
    /// Devices mark pages from their attach on, tracked or not: who starts tracking clears and flushes first, so that the bits then say
    /// what has happened since.
    /// </summary>
    bool IDirtyTracker.Tracking { get; set; }

    internal PageTable Table { get; }

    internal CacheReachSet Reach { get; } = new();

    /// <summary>Word 0 of a device table entry for it.</summary>
    internal ulong EntryWord0 => Formats.DeviceTableEntry.Valid | Formats.DeviceTableEntry.TranslationValid
        | Put(PageTable.Levels, 9) | Table.Root | (_tracksDirty ? Formats.DeviceTableEntry.HostDirty : 0)
        | Formats.DeviceTableEntry.Read | Formats.DeviceTableEntry.Write;

    public Errno Map(ulong iova, ulong physical, ulong lengthBytes, Access access) => Table.Map(iova, physical, lengthBytes, access);

    public ulong Unmap(ulong iova, ulong lengthBytes) => Table.Unmap(iova, lengthBytes);

    public ulong? Lookup(ulong iova) => Table.Find(iova)?.Physical;

    public IEnumerable<CommandBatch> Flush(ulong iova, ulong lengthBytes)
    {
        if (lengthBytes == 0 || iova > ApertureLast) yield break;
        var last = lengthBytes - 1 > ApertureLast - iova ? ApertureLast : iova + (lengthBytes - 1);
        var detached = Table.TakeDetached(iova, last);
        var reach = Reach.Read();
        var writer = new CommandWriter(_driver.Queue);
        foreach (var cache in reach)
            if (cache.Kind == CacheReachKind.Domain) writer.Add(Command.Pages(cache.Id, iova, last, tables: detached.Count > 0));
        // After the IOMMU's: a device that asks again meanwhile must not get the old translation from there.
        if (!writer.IsEmpty && reach.Any(cache => cache.Kind != CacheReachKind.Domain)) writer.Add(Command.Wait());
        foreach (var cache in reach)
        {
            if (cache.Kind == CacheReachKind.Atc) writer.Add(Command.Iotlb(cache.Id, iova, last));
            else if (cache.Kind == CacheReachKind.NestedAtc) writer.Add(Command.Iotlb(cache.Id, 0, ulong.MaxValue));
        }
        if (!writer.IsEmpty) yield return writer.Close();
        Table.FreeDetached(detached);
    }

    public IEnumerable<CommandBatch> Free() => _driver.FreePaging(this);

    void IDirtyTracker.Read(ulong iova, ulong lengthBytes, bool clear, Action<ulong, ulong> dirty) =>
        Table.ReadDirty(iova, lengthBytes, clear, dirty);
}
