using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Actors.Hardware;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>
/// The part of every object's actor that is the same: the two counts, the way out, plans, and what goes to the context. An actor
/// has one and passes it the messages of the lifetime protocol.
/// </summary>
/// <param name="environment">The context's.</param>
/// <param name="self">The actor.</param>
/// <param name="id">The object's id.</param>
/// <param name="type">What it is.</param>
/// <param name="users">What <c>users</c> starts from.</param>
/// <param name="undo">Runs once, when the object is leaving and the last short-term user is out.</param>
internal sealed class Lifetime(
    ObjectEnvironment environment, IActorRef self, ObjectId id, ObjectType type, int users, Action undo)
{
    private ObjectCounts _counts = new(users);
    private PlanRunner? _plans;

    public ObjectId Id => id;

    /// <summary>Who waits for the object to be gone; nobody when none does.</summary>
    public IActorRef Remover { get; private set; } = ActorRefs.Nobody;

    /// <summary>What the remover is answered when the object is gone.</summary>
    public Answer Farewell { get; private set; } = Answer.Success;

    public bool Leaving => _counts.Leaving;

    public int Users => _counts.Users;

    /// <summary>References that only the process holds: they end with it, and no journal knows them.</summary>
    public int Holds { get; private set; }

    /// <summary>Takes both counts for a call, or tells the caller that the object is gone. Holds invariant I2.</summary>
    /// <exception cref="InvariantViolation">I2: a call got in, but nobody may see the object.</exception>
    public bool Admit(IActorRef caller, Errno whenGone = Errno.ENOENT)
    {
        if (!_counts.TryAcquire())
        {
            caller.Tell((Answer)whenGone, self);
            return false;
        }
        if (environment.Table.Find(id)?.Actor is { } published && !published.Equals(self))
            throw new InvariantViolation("I2", $"{type} {id} was looked up, but the id names another object");
        return true;
    }

    public void Release(Release release)
    {
        _counts.Release(release.Users, release.Waits);
        UndoWhenDrained();
    }

    /// <summary>Takes <c>users</c> for a dependant that is not made by a call on this object. False when it is leaving.</summary>
    public bool TryReference() => _counts.TryReference();

    /// <summary>Takes <c>users</c> for something of the process (<see cref="Holds"/>). False when the object is leaving.</summary>
    public bool TryHold()
    {
        if (!_counts.TryReference()) return false;
        Holds++;
        return true;
    }

    /// <summary>Drops what <see cref="TryHold"/> took.</summary>
    public void Drop()
    {
        Holds--;
        Release(Actors.Release.Dependant);
    }

    /// <summary>Takes the short-term count alone: for a step of the removal itself, or a dependant that a recovery brings back.</summary>
    public void HoldWait() => _counts.HoldWait();

    /// <summary>IOMMU_DESTROY: EBUSY when somebody uses it; else nobody new gets in, and the last one out wakes the remover.</summary>
    public void Destroy(IActorRef caller, Answer? farewell = null)
    {
        var errno = _counts.TryLeave();
        if (errno != Errno.None)
        {
            caller.Tell((Answer)errno, self);
            return;
        }
        Remover = caller;
        Farewell = farewell ?? Answer.Success;
        UndoWhenDrained();
    }

    /// <summary>A removal that waits for short-term users. False when the object is leaving already.</summary>
    public bool LeaveAndWait(IActorRef caller)
    {
        if (!_counts.TryLeaveAndWait()) return false;
        Remover = caller;
        return true;
    }

    public void UndoWhenDrained()
    {
        if (_counts.Drained) undo();
    }

    public void Run(IEnumerable<Iommu.Hardware.Queues.CommandBatch> plan, Action done) =>
        (_plans ??= new PlanRunner(environment.Queues, self)).Run(plan, done);

    public void OnDone(BatchDone done)
    {
        if (done.Tag == BatchDone.Untagged) Release(Actors.Release.Call);
        else _plans?.OnDone(done);
    }

    /// <summary>Tells the context that the object is undone, and what it held that is to be let go.</summary>
    public void Retire(bool tombstone = false, params (IActorRef Holder, object Message)[] holds) =>
        environment.Context.Tell(new Retire(id, tombstone, Farewell, holds), Remover);

    public void Inspect(Inspect inspect, IActorRef inspector, object? state) =>
        inspector.Tell(inspect.Look(new ObjectInspection(id, type, _counts, state) { Holds = Holds }), self);
}
