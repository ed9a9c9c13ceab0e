using Iommu.Messages;
using Iommu.TestKit.Model;

namespace Iommu.TestKit.Crash;

/// <summary>What the callers of a crash run do: all that is of a context's life but its end.</summary>
internal static class CrashCalls
{
    public static readonly IReadOnlyList<CallWeight> Weights =
    [
        .. CallWeights.Objects, .. CallWeights.Mappings, .. CallWeights.Options, .. CallWeights.Vfio, .. CallWeights.Accesses,
        .. CallWeights.Guests, .. CallWeights.Queues,
        // More invalidations, so that hardware queues have something to do.
        new(6, g => g.Invalidate()),
    ];

    /// <summary>
    /// An access whose owner went with a crash pins nothing: there is nobody to let go of it. The mock IOMMU's PASID that fails by turns is
    /// left out: the model does not count them.
    /// </summary>
    public static Call NextAfterCrashes(this CallGenerator generator, IommufdModel model)
    {
        Call call;
        do call = generator.Next(model);
        while (call is AccessPin pin && model.Find<AccessObject>(pin.Access) is { NeverLetsGo: true }
            || call is DeviceAttach { Pasid: MockRules.FailingPasid });
        return call;
    }
}
