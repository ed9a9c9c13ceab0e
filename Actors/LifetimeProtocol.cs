using Akka.Actor;
using Iommu.Messages;
using Iommu.Persistence.Events;

namespace Iommu.Actors;

/// <summary>
/// To the object that a call depends on first: take a reference for the call (both counts), do your part of it, pass it on.
/// The sender is the caller. An object on its way out answers <see cref="WhenGone"/> in its place.
/// </summary>
/// <param name="Call">The call.</param>
/// <param name="Other">The other object that the call names, when it names two.</param>
internal sealed record Acquire(Call Call, ObjectEntry? Other)
{
    /// <summary>Of an attach to an IOAS: where it goes again when the domain that it was sent on to has gone.</summary>
    public IActorRef? Ioas { get; init; }

    /// <summary>What a caller is answered whose object has gone since the lookup: as if that had come later.</summary>
    public Errno WhenGone => Call is HwptAlloc ? Errno.EINVAL : Errno.ENOENT;
}

/// <summary>To an object: drop references, each exactly once.</summary>
internal sealed record Release(int Users, int Waits)
{
    /// <summary>A call that leaves nothing behind is over.</summary>
    public static readonly Release Call = new(1, 1);

    /// <summary>A call is over; the reference that it took stays with the object that it made.</summary>
    public static readonly Release CallOnly = new(0, 1);

    /// <summary>A dependant is gone.</summary>
    public static readonly Release Dependant = new(1, 0);

    public static Release Dependants(int count) => count == 1 ? Dependant : new(count, 0);

    /// <summary>A call is over, and what it made are this many dependants: the one reference that it took becomes theirs.</summary>
    public static Release CallFor(int dependants) => dependants == 1 ? CallOnly : new(1 - dependants, 1);
}

/// <summary>To the context: this object is built; reserve its id, journal it, publish it, answer the sender.</summary>
internal sealed record Adopt(Blueprint Blueprint);

/// <summary>To the builder: its object is published under this entry. The call's short-term reference can go.</summary>
internal sealed record Adopted(Blueprint Blueprint, ObjectEntry Entry);

/// <summary>To the builder: its object could not be adopted. Undo what was built, in reverse order.</summary>
internal sealed record Abort(Blueprint Blueprint, Errno Errno);

/// <summary>
/// To the context: this object's hardware is undone; journal that, free the id, stop the actor, let go of what it held, answer the
/// sender. In this order, so that a caller who has the answer finds every reference dropped.
/// </summary>
/// <param name="Id">The object.</param>
/// <param name="Tombstone">The id is never to be used again.</param>
/// <param name="Answer">What the sender is answered.</param>
/// <param name="Then">What to tell whom before that.</param>
internal sealed record Retire(ObjectId Id, bool Tombstone, Answer Answer, params (IActorRef Holder, object Message)[] Then);

/// <summary>
/// To the context: this happened; journal it, all of it or nothing, tell those that wait for it, then answer the sender, if there is one.
/// </summary>
internal sealed record Journal(IReadOnlyList<GraphEvent> Events, Answer Answer, params (IActorRef Holder, object Message)[] Then);

/// <summary>To the context: nothing happened; answer the sender when what came before is durable, on which the answer rests.</summary>
internal sealed record Settle(Answer Answer);

/// <summary>
/// To the context: this object has lost its journal, and stops. The context ends with it: what hangs on it would wait for ever.
/// </summary>
internal sealed record JournalLost(ObjectId Id, Exception Cause);

/// <summary>To any object, by checkers: look at your state, in your own turn. The sender gets what it returns.</summary>
/// <param name="Look">Gets the object's <see cref="ObjectInspection"/>.</param>
public sealed record Inspect(Func<ObjectInspection, object> Look);

/// <summary>The state that an object shows to a checker, true for the length of one turn.</summary>
/// <param name="Id">Which object.</param>
/// <param name="Type">What it is.</param>
/// <param name="Counts">Its two counts.</param>
/// <param name="State">
/// An IOAS: its <see cref="Core.Ioas.IoPagetable"/>. A fault queue: its <see cref="Core.FaultGroups"/>. An event queue: its
/// <see cref="Core.VeventRing"/>. Null otherwise.
/// </param>
public sealed record ObjectInspection(ObjectId Id, ObjectType Type, Core.ObjectCounts Counts, object? State)
{
    /// <summary>References that only the process holds, a mapping or an open file each: they end with it, no journal knows them.</summary>
    public int Holds { get; init; }
}
