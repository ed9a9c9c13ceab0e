using Iommu.TestKit.Model;

namespace Iommu.TestKit.Crash;

/// <summary>What the callers of a crash run do: all that is of a context's life but its end, and invalidations for the queues.</summary>
internal static class CrashWeights
{
    public static readonly IReadOnlyList<CallWeight> All =
    [
        .. CallWeights.Objects, .. CallWeights.Mappings, .. CallWeights.Options, .. CallWeights.Vfio, .. CallWeights.Accesses,
        .. CallWeights.Guests, .. CallWeights.Queues, new(6, g => g.Invalidate()),
    ];
}
