using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Hardware.Drivers;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>To an IOAS, from what hangs on one of its HWPTs and so keeps it: something about its areas. The sender is the caller.</summary>
internal abstract record AreaRequest;

/// <summary>
/// Pin the pages of a ring, and let no unmap take their areas. Answered by <see cref="RingPinned"/> to <paramref name="ReplyTo"/>,
/// when the areas are durable.
/// </summary>
internal sealed record PinRing(HwQueueAlloc Call, Ring Ring, IActorRef ReplyTo) : AreaRequest;

/// <param name="Request">What was asked.</param>
/// <param name="Frames">The physical pages; ENOENT, EPERM, EINVAL, ENOMEM, and nothing is pinned then.</param>
internal sealed record RingPinned(PinRing Request, Result<ulong[]> Frames);

/// <summary>Hardware reads the ring no more.</summary>
internal sealed record UnpinRing(Ring Ring) : AreaRequest;

/// <summary>
/// From a paging HWPT, which holds both counts for the call: switch dirty tracking of its domain; what was dirty before is forgotten.
/// </summary>
internal sealed record TrackDirty(ObjectEntry Hwpt, bool Enable) : AreaRequest;

/// <summary>From a paging HWPT, which holds both counts for the call: read the dirty bits of its domain, and answer the caller.</summary>
internal sealed record ReadDirty(ObjectEntry Hwpt, HwptGetDirtyBitmap Call) : AreaRequest;
