using Akka.Actor;
using Iommu.Actors.Hardware;
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

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Acquire acquire:
                if (Lifetime.Admit(Sender)) OnAcquired(acquire);
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
                Lifetime.Inspect(inspect, Sender, null);
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
    protected void EndCall(Errno errno)
    {
        Lifetime.Release(Release.Call);
        Sender.Tell((Answer)errno);
    }
}
