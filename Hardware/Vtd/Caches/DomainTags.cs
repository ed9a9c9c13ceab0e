using System.Collections.Concurrent;
using Iommu.Hardware.Caches;

namespace Iommu.Hardware.Vtd.Caches;

/// <summary>The tags of one domain id: one per PASID that was ever used with it, one for its second stage.</summary>
internal sealed class DomainTags
{
    private readonly ConcurrentDictionary<uint, PasidTag> _pasids = new();

    public DomainTags(ushort id)
    {
        Id = id;
        SecondStage = new PasidTag(this, null, new Floor());
    }

    public ushort Id { get; }

    /// <summary>Of every entry that a first stage had a part in.</summary>
    public Floor FirstStageFloor { get; } = new();

    public PasidTag SecondStage { get; }

    public PasidTag? Find(uint pasid) => _pasids.GetValueOrDefault(pasid);

    public PasidTag Of(uint pasid) =>
        _pasids.GetOrAdd(pasid, static (id, domain) => new PasidTag(domain, id, domain.FirstStageFloor), this);
}
