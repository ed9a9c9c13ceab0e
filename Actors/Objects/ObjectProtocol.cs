using Akka.Actor;
using Iommu.Hardware.Drivers;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>
/// From a paging HWPT that is leaving, to its IOAS: take the domain out, free it, and retire the HWPT for <paramref name="Remover"/>.
/// </summary>
internal sealed record WithdrawDomain(IPagingDomain Domain, ObjectId Hwpt, IActorRef Remover, Answer Farewell);

/// <summary>
/// To a paging HWPT that an attach made for itself: this reference is dropped; when it was the last one, go. The caller gets the
/// answer when that is settled.
/// </summary>
internal sealed record Depart(Release Release, IActorRef Caller, Answer Answer);

/// <summary>
/// From a group to the IOAS that an attach named: the domain of its making does not suit the device; find or make another. The HWPT
/// holds both counts for the call until then. The sender is the caller.
/// </summary>
internal sealed record TryNextDomain(Acquire Attach, ObjectEntry Refused);

/// <summary>
/// From a group to the IOAS that an attach named: the device is on a domain of the IOAS's making, or the attach has failed for a reason
/// that no other domain mends. The next may begin.
/// </summary>
internal sealed record AttachOver
{
    public static readonly AttachOver Instance = new();
}

/// <summary>
/// From a group to an IOAS: let nothing be mapped where these devices cannot reach; nothing may be there now. All or none. Answered by
/// <see cref="RegionsReserved"/>.
/// </summary>
internal sealed record ReserveRegions(IReadOnlyList<Reservation> Reservations);

/// <summary>
/// What one device cannot reach, for one attachment of it. Compared by identity: an attachment may come before the end of the last one is
/// durable, and must keep what is its own.
/// </summary>
internal sealed class Reservation(PhysicalDevice device)
{
    public PhysicalDevice Device { get; } = device;

    public IReadOnlyList<IovaRange> Ranges { get; } = device.Iommu.ReservedRegions(device);
}

/// <param name="Errno">EADDRINUSE when something is in the way.</param>
internal sealed record RegionsReserved(Errno Errno);

/// <summary>From a group to an IOAS: the attachment has ended.</summary>
internal sealed record UnreserveRegions(Reservation Reservation);

/// <summary>From the context to an IOAS in recovery: make this domain hold your areas. Answered by <see cref="DomainRestored"/>.</summary>
internal sealed record RestoreDomain(IPagingDomain Domain, ObjectEntry Hwpt);

internal sealed record DomainRestored(Errno Errno, ObjectId Hwpt);

/// <summary>
/// From a device, which holds both counts for its vDEVICE, to the vIOMMU: accept it under this virtual id. The sender is the caller.
/// </summary>
internal sealed record LinkVdevice(VdeviceAlloc Call, ObjectEntry Device);

/// <summary>
/// From a vDEVICE that is leaving, to its vIOMMU: make the guest's IOMMU forget it, and retire it for <paramref name="Remover"/>.
/// </summary>
internal sealed record UnlinkVdevice(
    ulong VirtualId, ObjectId Id, bool Tombstone, IActorRef Device, IActorRef Remover, Answer Farewell);

/// <summary>From a vDEVICE that was just started to its device: it exists.</summary>
internal sealed record VdeviceLinked(IActorRef Vdevice);

/// <summary>From the context to a device in recovery: this is your vDEVICE; both counts that it holds are yours already.</summary>
internal sealed record VdeviceRestored(IActorRef Vdevice);

/// <summary>To a device: its vDEVICE is gone, or came to nothing; both counts that it held are dropped.</summary>
internal sealed record VdeviceUnlinked
{
    public static readonly VdeviceUnlinked Instance = new();
}

/// <summary>From a device that is being unbound to its vDEVICE: go; your id stays a tombstone.</summary>
internal sealed record Tombstone
{
    public static readonly Tombstone Instance = new();
}

/// <summary>From a context that closes, to a vIOMMU: the process is done with what it mapped, and maps nothing more.</summary>
internal sealed record EndMappings
{
    public static readonly EndMappings Instance = new();
}
