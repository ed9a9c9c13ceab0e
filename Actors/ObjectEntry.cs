using Akka.Actor;
using Iommu.Hardware.Drivers;
using Iommu.Messages;

namespace Iommu.Actors;

/// <summary>What a lookup finds: a published object, its actor, and the hardware object behind it, if it has one.</summary>
/// <param name="Id">Its number in the context.</param>
/// <param name="Type">What it is.</param>
/// <param name="Actor">Who owns its counts and its state.</param>
/// <param name="Hardware">
/// A <see cref="PhysicalDevice"/>, <see cref="IPagingDomain"/>, <see cref="INestedDomain"/>, <see cref="IViommuDriver"/> or
/// <see cref="IHwQueueDriver"/>.
/// </param>
/// <param name="Auto">A domain that an attach to an IOAS made for itself: it goes with its last user.</param>
public sealed record ObjectEntry(ObjectId Id, ObjectType Type, IActorRef Actor, object? Hardware, bool Auto = false)
{
    /// <summary>Of a device: who owns what its group is attached to.</summary>
    public IActorRef? Group { get; init; }

    /// <summary>Of an HWPT, and of what is on one: the IOAS whose areas it translates to, in the last stage.</summary>
    public IActorRef? Ioas { get; init; }

    /// <summary>Of an HWPT: it was allocated with IOMMU_HWPT_ALLOC_PASID.</summary>
    public bool PasidCompatible { get; init; }

    /// <summary>Of an HWPT: who gets its page faults; null when it was allocated without.</summary>
    public IActorRef? FaultQueue { get; init; }
}
