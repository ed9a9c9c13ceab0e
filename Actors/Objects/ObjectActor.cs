using Akka.Actor;
using Iommu.Actors.Hardware;
using Iommu.Hardware.Drivers;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>An object whose state needs no journal of its own: everything but an IOAS.</summary>
internal abstract class ObjectActor : UntypedActor
{
    protected ObjectActor(ObjectEnvironment environment, ObjectId id, ObjectType type, int users)
    {
        Environment = environment;
        Lifetime = new Lifetime(environment, Self, id, type, users, Undo);
    }

    protected ObjectEnvironment Environment { get; }

    protected Lifetime Lifetime { get; }

    /// <summary>What a checker may look at; null when there is nothing.</summary>
    protected virtual object? State => null;

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Acquire acquire:
                if (Lifetime.Admit(Sender, acquire.WhenGone)) OnAcquired(acquire);
                break;
            case Release release:
                Lifetime.Release(release);
                break;
            case BatchDone done:
                Lifetime.OnDone(done);
                break;
            case Destroy:
                Lifetime.Destroy(Sender);
                break;
            case Inspect inspect:
                Lifetime.Inspect(inspect, Sender, State);
                break;
            default:
                OnOther(message);
                break;
        }
    }

    /// <summary>Both counts are taken for the call; do this object's part of it.</summary>
    protected abstract void OnAcquired(Acquire acquire);

    /// <summary>Undo the hardware, then retire. Runs once.</summary>
    protected abstract void Undo();

    protected virtual void OnOther(object message) => Unhandled(message);

    /// <summary>Ends a call that leaves nothing behind.</summary>
    protected void EndCall(Errno errno) => EndCall(Sender, errno);

    protected void EndCall(IActorRef caller, Answer answer)
    {
        Lifetime.Release(Release.Call);
        caller.Tell(answer);
    }

    /// <summary>The driver has nothing of a vIOMMU any more; what it should have given back and has not is reported.</summary>
    protected static void End(ViommuServices services)
    {
        if (services.End() is { } kept) Context.System.EventStream.Publish(kept);
    }

    /// <summary>Has a hardware queue run what an array of invalidations came to, and answer the caller; ends the call.</summary>
    protected void Issue(PreparedInvalidation prepared)
    {
        var answer = new Answer(prepared.Errno, (ulong)prepared.Handled);
        if (prepared.Batch is { } batch)
        {
            Environment.Queues[batch.Queue].Tell(new RunBatch(batch, Self, BatchDone.Untagged, answer), Sender);
            return;
        }
        EndCall(Sender, answer);
    }
}
