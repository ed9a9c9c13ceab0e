using Iommu.Hardware.Vtd.Caches;
using Iommu.Hardware.Vtd.Formats;

namespace Iommu.Hardware.Vtd.Walk;

/// <summary>A PASID table entry in the PASID cache, with the tags of what it translates.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Domain">The tags of its domain id.</param>
/// <param name="Tag">What its translations carry: the PASID's tag, or the second stage's where there is no first.</param>
/// <param name="IsSilent">An entry on the way to it, or itself, says that faults are not recorded.</param>
internal sealed record CachedPasid(PasidEntry Entry, DomainTags Domain, PasidTag Tag, bool IsSilent);
