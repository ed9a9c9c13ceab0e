using Iommu.Hardware.Vtd;

namespace Iommu.TestKit.Checkers.Vtd;

/// <summary>An invalidation that software issued and was told is done.</summary>
/// <param name="Descriptor">As software produced it.</param>
/// <param name="IssuedAt">The unit's clock just before it reached the queue: walks that began earlier may have read old tables.</param>
/// <param name="Wait">Which wait descriptor of its queue, counted from 1, reported it done.</param>
/// <param name="Stamp">The checker's own count of completions by then.</param>
internal sealed record IssuedInvalidation(Descriptor Descriptor, long IssuedAt, long Wait, long Stamp);
