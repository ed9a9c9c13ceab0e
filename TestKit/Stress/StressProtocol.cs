using Akka.Actor;

namespace Iommu.TestKit.Stress;

/// <summary>To a worker: work, from now on or again.</summary>
internal sealed record Work
{
    public static readonly Work Instance = new();
}

/// <summary>To a worker: finish what is in flight, start nothing new, and answer with <see cref="Paused"/>.</summary>
internal sealed record Pause
{
    public static readonly Pause Instance = new();
}

/// <summary>From a worker: nothing of it is in flight.</summary>
internal sealed record Paused
{
    public static readonly Paused Instance = new();
}

/// <summary>From a vCPU: it has done all the invalidations that it was given.</summary>
internal sealed record QuotaReached
{
    public static readonly QuotaReached Instance = new();
}

/// <summary>
/// The right to do a burst of transactions. A few of them go round among the devices, as an arbiter of a bus grants it, so that
/// any number of devices leaves the processors to whoever else is ready.
/// </summary>
internal sealed record BusTurn : INoSerializationVerificationNeeded
{
    public static readonly BusTurn Instance = new();
}
