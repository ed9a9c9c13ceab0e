using Akka.Actor;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>
/// To the context: make an access for this owner, who is told before what it pinned is unmapped; nobody when there is none.
/// </summary>
internal sealed record CreateAccess(AccessCreate Call, IActorRef Owner);

/// <summary>
/// From an access, which holds both counts for it, to an IOAS: I am on you from now on. The sender is the caller. When it is on none
/// before, the IOAS has it journaled; else it answers by <see cref="AccessJoined"/>.
/// </summary>
internal sealed record JoinAccess(ObjectEntry Access, bool Pins, bool First);

/// <summary>
/// To an access: it is on this IOAS too, which holds both counts for the call; null when it is not. The sender is the caller.
/// </summary>
internal sealed record AccessJoined(ObjectEntry? Ioas);

/// <summary>To an access: what it is on is durable; null is none.</summary>
internal sealed record AccessMoved(ObjectEntry? Ioas);

/// <summary>From the context to an IOAS, when that is durable: the access is not on it any more, and drops its reference.</summary>
internal sealed record AccessLeft(IActorRef Access);

/// <summary>From the context to an IOAS in recovery: this access is on it. Answered by <see cref="AccessRestored"/>.</summary>
internal sealed record RestoreAccess(IActorRef Access, ObjectId Id, bool Pins);

internal sealed record AccessRestored(Errno Errno, ObjectId Access);

/// <summary>From an access to its IOAS: do this for a caller. Answered by <see cref="AccessUsed"/>.</summary>
internal sealed record UseAccess(Call Call, IActorRef Caller);

internal sealed record AccessUsed(UseAccess Use, Answer Answer);

/// <summary>
/// From an IOAS to an access on it: an area is about to go; have the owner let go. Answered by <see cref="AccessAsked"/>.
/// </summary>
internal sealed record AskAccess(long Round, ulong Iova, ulong LengthBytes);

internal sealed record AccessAsked(long Round);
