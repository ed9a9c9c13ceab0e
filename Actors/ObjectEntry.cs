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
public sealed record ObjectEntry(ObjectId Id, ObjectType Type, IActorRef Actor, object? Hardware, bool Auto = false);
