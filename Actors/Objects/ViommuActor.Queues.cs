using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Messages;

namespace Iommu.Actors.Objects;

/// <summary>
/// Hardware queues of a vIOMMU. The ring is pinned first; then one queue at a time is taken from its driver's part to its being
/// published, so that the queue which another one depends on is an object, or is not there.
/// </summary>
internal sealed partial class ViommuActor
{
    private readonly Queue<(RingPinned Pinned, IActorRef Caller)> _pinned = new();
    private bool _adopting;

    private void PinRing(HwQueueAlloc call)
    {
        var errno = !viommu.SupportsHwQueue(call.Type) ? Errno.EOPNOTSUPP
            : Environment.Failures.ShouldFail("build hw queue") ? Errno.ENOMEM : Errno.None;
        var ring = errno == Errno.None ? Ring.Of(call) : errno;
        if (!ring.Failed && Environment.Failures.ShouldFail("pin ring")) ring = Errno.ENOMEM;
        if (ring.Failed) EndCall(ring.Errno);
        else ioas.Forward(new PinRing(call, ring.Value!, Self));
    }

    private void OnRingPinned(RingPinned pinned)
    {
        if (pinned.Frames.Failed)
        {
            EndCall(pinned.Frames.Errno);
            return;
        }
        _pinned.Enqueue((pinned, Sender));
        BuildNextQueue();
    }

    private void BuildNextQueue()
    {
        while (!_adopting && _pinned.TryDequeue(out var next)) BuildQueue(next.Pinned.Request, next.Pinned.Frames.Value!, next.Caller);
    }

    private void BuildQueue(PinRing request, ulong[] frames, IActorRef caller)
    {
        var call = request.Call;
        var physical = request.Ring.BaseIn(frames);
        var errno = physical.Failed ? physical.Errno : Environment.Failures.ShouldFail("init hw queue") ? Errno.ENOMEM : Errno.None;
        var built = errno == Errno.None
            ? Environment.Holdings.Take(viommu.InitHwQueue(call.Type, call.Index, call.Iova, physical.Value, call.LengthBytes), viommu)
            : errno;
        if (built.Failed)
        {
            ioas.Tell(new UnpinRing(request.Ring));
            EndCall(caller, built.Errno);
            return;
        }
        _adopting = true;
        var dependsOn = built.Value!.DependsOn is { } other ? Environment.Table.FindHardware(other) : null;
        var blueprint = new HwQueueBlueprint(Self, Lifetime.Id, ioas, call, request.Ring, built.Value!, dependsOn);
        if (built.Value!.DependsOn is null) Environment.Context.Tell(new Adopt(blueprint), caller);
        else if (dependsOn is null) UndoQueue(blueprint, linked: false, Errno.EIO, caller);
        else dependsOn.Actor.Tell(new LinkQueue(blueprint), caller);
    }

    /// <summary>In reverse: the driver's part, the pins, the reference on the other queue, and then the call's.</summary>
    private void UndoQueue(HwQueueBlueprint queue, bool linked, Errno errno, IActorRef caller) =>
        Lifetime.Run(Environment.Holdings.Free(queue.Driver), () =>
        {
            ioas.Tell(new UnpinRing(queue.Ring));
            if (linked) queue.DependsOn?.Actor.Tell(Release.Dependant);
            _adopting = false;
            EndCall(caller, errno);
            BuildNextQueue();
        });

    /// <summary>
    /// The pins go when that is durable: an unmap of the ring must not be before it, or the queue could not be brought back.
    /// </summary>
    private void FreeQueue(FreeQueue free) => Lifetime.Run(Environment.Holdings.Free(free.Queue.Driver), () =>
    {
        List<(IActorRef, object)> then = [(ioas, new UnpinRing(free.Queue.Ring)), (Self, Release.Dependant)];
        if (free.Queue.DependsOn is { } other) then.Insert(1, (other.Actor, Release.Dependant));
        Environment.Context.Tell(new Retire(free.Id, false, free.Farewell, [.. then]), free.Remover);
    });
}
