using Iommu.Hardware;
using Iommu.Hardware.Caches;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;

namespace RiscvIommu.Driver;

/// <summary>
/// A domain whose tables the host writes: a first stage with a PSCID, or, for a nest parent, a second stage with a GSCID. A vIOMMU has its
/// guest's translations under a GSCID of its own, so a nest parent knows several.
/// </summary>
public sealed class RiscvPagingDomain : IPagingDomain, IDirtyTracker
{
    private readonly RiscvDriver _driver;
    private readonly bool _tracksDirty;

    internal RiscvPagingDomain(RiscvDriver driver, bool isNestParent, bool tracksDirty, PageTable table, int id)
    {
        (_driver, IsNestParent, _tracksDirty, Table, Id) = (driver, isNestParent, tracksDirty, table, id);
        if (isNestParent) Gscids.Add(id);
    }

    public IIommuDriver Iommu => _driver;

    public bool IsNestParent { get; }

    public ulong PageSizes => (1UL << 12) | (1UL << 21) | (1UL << 30);

    public ulong ApertureLast => Bits.Mask(Table.InputBits);

    public IDirtyTracker? Dirty => _tracksDirty ? this : null;

    /// <summary>Hardware sets D all the while: SADE and GADE are in the device contexts, and to change them takes invalidations.</summary>
    bool IDirtyTracker.Tracking { get; set; }

    /// <summary>Its PSCID, or GSCID for a nest parent.</summary>
    public int Id { get; }

    internal bool TracksDirty => _tracksDirty;

    internal PageTable Table { get; }

    /// <summary>Of a nest parent: under which its translations are cached.</summary>
    internal CacheTagSet<int> Gscids { get; } = new();

    public Errno Map(ulong iova, ulong physical, ulong lengthBytes, Access access) => Table.Map(iova, physical, lengthBytes, access);

    public ulong Unmap(ulong iova, ulong lengthBytes) => Table.Unmap(iova, lengthBytes);

    public ulong? Lookup(ulong iova) => Table.Lookup(iova);

    public IEnumerable<CommandBatch> Flush(ulong iova, ulong lengthBytes)
    {
        if (lengthBytes == 0 || iova > ApertureLast) yield break;
        var last = iova + Math.Min(lengthBytes - 1, ApertureLast - iova);
        var detached = Table.TakeDetached(iova, last);
        var writer = _driver.Writer();
        foreach (var command in Everywhere()) writer.Add(command.OfRange(iova, last, tables: detached.Count > 0));
        yield return writer.Close();
        Table.FreeDetached(detached);
    }

    public IEnumerable<CommandBatch> Free()
    {
        var writer = _driver.Writer();
        foreach (var command in Everywhere()) writer.Add(command);
        yield return writer.Close();
        Table.FreeAll();
        _driver.FreeId(this);
    }

    void IDirtyTracker.Read(ulong iova, ulong lengthBytes, bool clear, Action<ulong, ulong> dirty) =>
        Table.ReadDirty(iova, lengthBytes, clear, dirty);

    private IEnumerable<Command> Everywhere() => IsNestParent
        ? Gscids.Read().Select(gscid => Command.Gvma().OfGscid(gscid)) : [Command.Vma().OfPscid(Id)];
}
