using Akka.Actor;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Persistence.Events;

namespace Iommu.Actors.Objects;

/// <summary>
/// Attach, replace and detach: a move from one domain to another that takes several hardware steps. Another one waits for its end.
/// </summary>
internal sealed partial class DeviceActor
{
    private void Attach(AttachTo attach)
    {
        var hwpt = attach.Hwpt;
        if (Lifetime.Leaving)
        {
            attach.Refuse(Sender, Errno.ENOENT);
            return;
        }
        Lifetime.Admit(Sender);
        if (ReferenceEquals(hwpt, _attached))
        {
            hwpt.Actor.Tell(Release.Call);
            Lifetime.Release(Release.Call);
            Lifetime.Settle(Sender);
            return;
        }
        var plan = Environment.Failures.ShouldFail("attach")
            ? Errno.ENOMEM : device.Iommu.Attach(device, Domain(_attached), Domain(hwpt));
        if (plan.Failed)
        {
            Lifetime.Release(Release.Call);
            attach.Refuse(Sender, plan.Errno);
            return;
        }
        var caller = Sender;
        Move(plan.Value!, () =>
        {
            JournalAttached(hwpt, caller);
            _attached = hwpt;
            Lifetime.Release(Release.Call);
        });
    }

    private void JournalAttached(ObjectEntry hwpt, IActorRef caller)
    {
        var happened = new DeviceAttached(Lifetime.Id, hwpt.Id);
        var attached = (hwpt.Actor, Release.CallOnly);
        if (_attached is null) Lifetime.Journal(happened, caller, attached);
        else if (!_attached.Auto) Lifetime.Journal(happened, caller, attached, (_attached.Actor, Release.Dependant));
        else Lifetime.Journal(happened, ActorRefs.Nobody, attached,
            (_attached.Actor, new Depart(Release.Dependant, caller, Answer.Success)));
    }

    /// <summary>Blocks the device. Success when nothing is attached, as in the kernel.</summary>
    private void Detach(IActorRef caller, Action<Release> end)
    {
        if (_attached is not { } from)
        {
            end(Release.Call);
            Lifetime.Settle(caller);
            return;
        }
        var plan = device.Iommu.Attach(device, Domain(from), null);
        if (plan.Failed)
        {
            end(Release.Call);
            caller.Tell((Answer)plan.Errno);
            return;
        }
        Move(plan.Value!, () =>
        {
            _attached = null;
            if (!from.Auto)
            {
                Lifetime.Journal(new DeviceDetached(Lifetime.Id), caller, (from.Actor, Release.Dependant));
                end(Release.Call);
                return;
            }
            // The domain goes with its last device, and the call is over when it is gone.
            _moving = true;
            _departed = () =>
            {
                end(Release.Call);
                caller.Tell(Answer.Success);
            };
            Lifetime.Journal(new DeviceDetached(Lifetime.Id), ActorRefs.Nobody,
                (from.Actor, new Depart(Release.Dependant, Self, Answer.Success)));
        });
    }

    private void Move(IEnumerable<CommandBatch> plan, Action done)
    {
        _moving = true;
        Lifetime.Run(plan, () =>
        {
            _moving = false;
            done();
            if (!_moving) Stash.UnstashAll();
        });
    }

    private static IDomain? Domain(ObjectEntry? hwpt) => (IDomain?)hwpt?.Hardware;
}
