using Iommu.Hardware.Caches;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;

namespace Iommu.Hardware.Vtd.Driver;

/// <summary>Attaching: a device, or one PASID of it, moves by its PASID table entry.</summary>
public sealed partial class VtdDriver
{
    /// <returns>EINVAL for another unit's domain or device, or a first stage that the unit cannot do; ENODEV no PASID table.</returns>
    public Result<IEnumerable<CommandBatch>> Attach(PhysicalDevice device, IDomain? from, IDomain? to) => Move(device, NoPasid, from, to);

    /// <returns>As <see cref="Attach"/>; EOPNOTSUPP for a unit without PASIDs; EINVAL a PASID that is too large.</returns>
    public Result<IEnumerable<CommandBatch>> AttachPasid(PhysicalDevice device, uint pasid, IDomain? from, IDomain? to)
    {
        if (!Registers.HasPasids) return Errno.EOPNOTSUPP;
        return pasid >> Registers.PasidBits != 0 ? Errno.EINVAL : Move(device, pasid, from, to);
    }

    private Result<IEnumerable<CommandBatch>> Move(PhysicalDevice device, uint pasid, IDomain? from, IDomain? to)
    {
        if (!_tables.TryGetValue(device, out var tables)) return Errno.EINVAL;
        if (to is not null && !ReferenceEquals(to.Iommu, this)) return Errno.EINVAL;
        if (to is VtdNestedDomain nested && nested.First.CheckAgainst(Registers) is var errno and not Errno.None) return errno;
        if (tables.Reserve(pasid) is not { } entry) return Errno.ENODEV;
        return new Result<IEnumerable<CommandBatch>>(Errno.None, MovePlan(device, tables, entry, pasid, from, to));
    }

    // The new domain's tags are in its set before the entry is installed, the old one's leave after what it cached is gone.
    private IEnumerable<CommandBatch> MovePlan(
        PhysicalDevice device, DeviceTables tables, ulong entry, uint pasid, IDomain? from, IDomain? to)
    {
        foreach (var (set, tag) in TagsOf(device, pasid, to)) set.Add(tag);
        if (tables.Find(entry) is var (domainId, isFirstStage))
        {
            tables.WriteNotPresent(entry);
            yield return TearDown(device, pasid, domainId, isFirstStage).Close();
        }
        NoteGuest(device, pasid, to);
        tables.Write(entry, to is null ? [] : EntryFor(to));
        foreach (var (set, tag) in TagsOf(device, pasid, from)) set.Remove(tag);
    }

    // intel_pasid_tear_down_entry: the PASID cache, then what was translated by the entry, then the device.
    private DescriptorWriter TearDown(PhysicalDevice device, uint pasid, int domainId, bool isFirstStage)
    {
        var writer = Writer().Add(Descriptor.PasidCacheOf(domainId, pasid)).Add(isFirstStage
            ? Descriptor.PasidIotlb(domainId, pasid) : Descriptor.IotlbOfDomain(domainId));
        if (device.HasAts && Registers.HasDeviceTlbs) writer.Add(DescriptorWriter.OfDevice(device.StreamId, pasid, 0, Descriptor.AllPages));
        return writer;
    }

    private static int DomainIdOf(IDomain domain) =>
        domain is VtdNestedDomain nested ? nested.DomainId : ((VtdPagingDomain)domain).DomainId;

    private static ulong[] EntryFor(IDomain to)
    {
        if (to is VtdNestedDomain { ParentDomain: var parent } nested)
            return PasidWords.Nested(parent.Table, nested.First, nested.DomainId, parent.TracksDirty, parent.EnforcesCoherency);
        var domain = (VtdPagingDomain)to;
        return domain.IsFirstStage
            ? PasidWords.FirstStage(domain.Table, domain.DomainId, domain.EnforcesCoherency)
            : PasidWords.SecondStage(domain.Table, domain.DomainId, domain.TracksDirty);
    }

    private List<(CacheTagSet<VtdCacheTag> Set, VtdCacheTag Tag)> TagsOf(PhysicalDevice device, uint pasid, IDomain? domain)
    {
        var tags = new List<(CacheTagSet<VtdCacheTag>, VtdCacheTag)>();
        if (domain is null) return tags;
        var hasAts = device.HasAts && Registers.HasDeviceTlbs;
        var id = (uint)DomainIdOf(domain);
        var own = domain is VtdNestedDomain nestedDomain ? nestedDomain.Tags : ((VtdPagingDomain)domain).Tags;
        tags.Add((own, new VtdCacheTag(VtdCacheTagKind.Iotlb, id, pasid)));
        if (hasAts) tags.Add((own, new VtdCacheTag(VtdCacheTagKind.DeviceTlb, device.StreamId, pasid)));
        if (domain is not VtdNestedDomain { ParentDomain.Tags: var parents }) return tags;
        tags.Add((parents, new VtdCacheTag(VtdCacheTagKind.NestingIotlb, id, pasid)));
        if (hasAts) tags.Add((parents, new VtdCacheTag(VtdCacheTagKind.NestingDeviceTlb, device.StreamId, pasid)));
        return tags;
    }
}
