using Iommu.Hardware.Smmuv3.Caches;
using Iommu.Hardware.Smmuv3.Formats;

namespace Iommu.Hardware.Smmuv3.Walk;

/// <summary>The cached configuration of a stream: its entry, the context descriptor where it has one, and the tags of both.</summary>
/// <param name="Entry">The stream table entry.</param>
/// <param name="Descriptor">Null without stage 1.</param>
/// <param name="Vmid">The tags of the entry's VMID.</param>
/// <param name="Tag">What its translations carry: the ASID's tag, or stage 2's; null where nothing is translated.</param>
/// <param name="Sequence">The invalidation clock when the fetch began.</param>
internal sealed record CachedConfig(
    StreamTableEntry Entry, ContextDescriptor? Descriptor, VmidTags Vmid, TranslationTag? Tag, long Sequence);
