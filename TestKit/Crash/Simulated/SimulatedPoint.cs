using Iommu.Messages;

namespace Iommu.TestKit.Crash.Simulated;

/// <summary>Where a simulator is stopped, or which of its actors is thrown down: of several that apply, the first.</summary>
internal enum SimulatedPoint
{
    /// <summary>It recovers what an earlier crash has left.</summary>
    InRecovery,

    /// <summary>A step has failed, and what was done before it is being undone.</summary>
    InAbort,

    /// <summary>The journal has been given something that may be durable or not after the crash.</summary>
    InCommit,

    /// <summary>Something is durable, and its writer has not been told.</summary>
    AfterCommit,

    /// <summary>An unmap is under way, and nothing of it is being written.</summary>
    InUnmap,

    /// <summary>Any other turn.</summary>
    BetweenWrites,

    /// <summary>The actor of a context.</summary>
    Context,

    /// <summary>The actor of an IOMMU group.</summary>
    Group,

    /// <summary>The actor of an object.</summary>
    Object,
}

/// <summary>Tells points of a simulator that makes calls apart.</summary>
internal static class SimulatedPoints
{
    /// <param name="store">Its journal.</param>
    /// <param name="underWay">Calls that were not answered.</param>
    public static SimulatedPoint Of(SimulatedStore store, IEnumerable<Call?> underWay) =>
        !store.Pending.IsEmpty ? SimulatedPoint.InCommit
        : !store.Unconfirmed.IsEmpty ? SimulatedPoint.AfterCommit
        : underWay.Any(call => call is IoasUnmap or VfioUnmapDma) ? SimulatedPoint.InUnmap : SimulatedPoint.BetweenWrites;
}
