using Akka.Actor;
using Iommu.Actors.Contexts;
using Iommu.Actors.Objects;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Mock;
using Iommu.Messages;

namespace Iommu.Actors.Selftest;

/// <summary>
/// A mock device as IOMMU_TEST_CMD has made it: the driver that bound it, as VFIO would be. Calls on it are taken one at a time; its end
/// is that of the device (selftest.c, struct selftest_obj).
/// </summary>
internal sealed class SelftestActor(ObjectEnvironment environment, ObjectId id, ObjectId device, PhysicalDevice physical, int users)
    : ObjectActor(environment, id, ObjectType.Selftest, users)
{
    private readonly Queue<(Call Call, IActorRef Caller)> _waiting = new();
    private Action<Answer>? _awaited;

    /// <summary>The device goes with its driver, also where the context ends without it.</summary>
    protected override void PostStop() => ((MockIommu)physical.Iommu).Unplug(physical);

    protected override void OnAcquired(Acquire acquire)
    {
        _waiting.Enqueue((acquire.Call, Sender));
        TakeNext();
    }

    protected override void OnOther(object message)
    {
        if (message is Answer answer && _awaited is { } awaited)
        {
            _awaited = null;
            awaited(answer);
        }
        else Unhandled(message);
    }

    /// <summary>Detached, unbound, unplugged. A context that closes may have unbound it already.</summary>
    protected override void Undo() => Ask(new DeviceUnbind(device), _ =>
    {
        ((MockIommu)physical.Iommu).Unplug(physical);
        Lifetime.Retire();
    });

    private void TakeNext()
    {
        if (_awaited is not null || !_waiting.TryDequeue(out var next)) return;
        Ask(StepOf(next.Call), answer =>
        {
            Lifetime.Release(Release.Call);
            next.Caller.Tell(answer);
            TakeNext();
        });
    }

    private Call StepOf(Call call) => call switch
    {
        MockDomainReplace replace => new DeviceAttach(device, replace.PageTable, 0, AttachMode.Replace),
        MockPasidAttach attach => new DeviceAttach(device, attach.PageTable, attach.Pasid, AttachMode.Attach),
        MockPasidReplace replace => new DeviceAttach(device, replace.PageTable, replace.Pasid, AttachMode.Replace),
        MockPasidDetach detach => new DeviceDetach(device, detach.Pasid),
        _ => throw new ArgumentOutOfRangeException(nameof(call), call, "no call on a mock device"),
    };

    private void Ask(Call step, Action<Answer> then)
    {
        var route = CallRouter.Find(step, Environment.Table, Environment.Context, Environment.Process);
        if (route.Target is null)
        {
            then((Answer)route.Message);
            return;
        }
        _awaited = then;
        route.Target.Tell(route.Message, Self);
    }
}
