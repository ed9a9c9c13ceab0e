using Iommu.Hardware.Caches;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;

namespace Iommu.Hardware.Vtd.Driver;

/// <summary>
/// A domain whose tables the host writes: a first stage, or a second stage when it is a nest parent or has its dirty bits looked at. Its
/// <see cref="Tags"/> name every cache that an unmap must reach: those of devices attached to it, and of those nested on it.
/// </summary>
public sealed class VtdPagingDomain : IPagingDomain, IDirtyTracker
{
    private readonly VtdDriver _driver;

    internal VtdPagingDomain(VtdDriver driver, bool isFirstStage, bool isNestParent, bool tracksDirty, VtdPageTable table, int domainId)
    {
        (_driver, IsFirstStage, IsNestParent, TracksDirty) = (driver, isFirstStage, isNestParent, tracksDirty);
        (Table, DomainId) = (table, domainId);
    }

    public IIommuDriver Iommu => _driver;

    public bool IsFirstStage { get; }

    public bool IsNestParent { get; }

    /// <summary>DID of its PASID table entries.</summary>
    public int DomainId { get; }

    public ulong PageSizes => _driver.PageSizesOf(IsFirstStage);

    public ulong ApertureLast => Bits.Mask(Table.InputBits);

    public bool EnforcesCoherency => _driver.HasSnoopControl;

    public IDirtyTracker? Dirty => TracksDirty ? this : null;

    /// <summary>
    /// Hardware sets the bits all the while: to turn that on and off by SSADE takes invalidations, which a property cannot wait for.
    /// </summary>
    bool IDirtyTracker.Tracking { get; set; }

    internal bool TracksDirty { get; }

    internal CacheTagSet<VtdCacheTag> Tags { get; } = new(VtdCacheTag.UnitFirst);

    internal VtdPageTable Table { get; }

    /// <returns>As <see cref="IPagingDomain.Map"/>; EINVAL for a read-only mapping of a nest parent (erratum 772415, vtdss.h).</returns>
    public Errno Map(ulong iova, ulong physical, ulong lengthBytes, Access access) =>
        IsNestParent && !access.HasFlag(Access.Write) ? Errno.EINVAL : Table.Map(iova, physical, lengthBytes, access);

    public ulong Unmap(ulong iova, ulong lengthBytes) => Table.Unmap(iova, lengthBytes);

    public ulong? Lookup(ulong iova) => Table.Lookup(iova);

    public IEnumerable<CommandBatch> Flush(ulong iova, ulong lengthBytes)
    {
        if (lengthBytes == 0 || iova > ApertureLast) yield break;
        var last = iova + Math.Min(lengthBytes - 1, ApertureLast - iova);
        var detached = Table.TakeDetached(iova, last);
        var writer = _driver.Writer().AddRange(Tags.Read(), IsFirstStage, iova, last, detached.Count == 0, _driver.Registers);
        if (!writer.IsEmpty) yield return writer.Close();
        Table.FreeDetached(detached);
    }

    public IEnumerable<CommandBatch> Free()
    {
        yield return _driver.Writer().Add(Descriptor.IotlbOfDomain(DomainId)).Close();
        Table.FreeAll();
        _driver.FreeDomainId(DomainId);
    }

    void IDirtyTracker.Read(ulong iova, ulong lengthBytes, bool clear, Action<ulong, ulong> dirty) =>
        Table.ReadDirty(iova, lengthBytes, clear, dirty);
}
