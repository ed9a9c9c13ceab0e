using Akka.Actor;
using Iommu.Actors.Objects;
using Iommu.Hardware.Drivers;
using Iommu.Hardware.Queues;
using Iommu.Messages;
using Iommu.Persistence.Events;

namespace Iommu.Actors.Groups;

/// <summary>Detach, and the first half of unbind. Neither can be refused: a device can always be blocked.</summary>
internal sealed partial class GroupActor
{
    /// <summary>Success when nothing is attached, as in the kernel.</summary>
    private void Detach(DeviceDetach detach)
    {
        var caller = Sender;
        if (Find(detach.Device) is not { } device) caller.Tell((Answer)Errno.ENOENT);
        else if (!_table.IsAttached(device.Id, detach.Pasid)) environment.Context.Tell(new Settle(Answer.Success), caller);
        else
        {
            Begin();
            Remove(device.Id, detach.Pasid, hwpt =>
            {
                JournalDetached(device.Id, detach.Pasid, hwpt, caller);
                End();
            });
        }
    }

    /// <summary>Nobody attaches the device any more; all its attachments end; then the device itself can go.</summary>
    private void Unbind(DeviceUnbind unbind)
    {
        var caller = Sender;
        if (Find(unbind.Device) is not { } device)
        {
            caller.Tell((Answer)Errno.ENOENT);
            return;
        }
        _leaving.Add(device.Actor);
        Begin();
        Next();

        void Next()
        {
            if (_table.PasidsOf(device.Id) is [var pasid, ..]) Remove(device.Id, pasid, hwpt => JournalAndAwait(pasid, hwpt));
            else
            {
                device.Actor.Tell(unbind, caller);
                End();
            }
        }

        // A domain of the IOAS's own making goes with its last device, and the device's end is after that.
        void JournalAndAwait(uint pasid, ObjectEntry hwpt)
        {
            if (hwpt.Auto) Await<Answer>(_ => Next());
            JournalDetached(device.Id, pasid, hwpt, hwpt.Auto ? Self : ActorRefs.Nobody);
            if (!hwpt.Auto) Next();
        }
    }

    private void Remove(ObjectId device, uint pasid, Action<ObjectEntry> done)
    {
        var attachment = _attachments[pasid];
        var plan = _table.IsLast(device, pasid) ? Block(attachment, pasid) : Plan.Nothing;
        _plans.Run(plan, () =>
        {
            _table.Detach(device, pasid);
            if (_table.Find(pasid) is null) _attachments.Remove(pasid);
            done(attachment.Hwpt);
        });
    }

    /// <exception cref="InvalidOperationException">A driver refuses what it must always be able to do.</exception>
    private IEnumerable<CommandBatch> Block(Attachment attachment, uint pasid)
    {
        var plan = Move(attachment.Devices, pasid, attachment.Domain, null);
        return !plan.Failed ? plan.Value!
            : throw new InvalidOperationException($"group {group.Name}: its driver cannot block it at PASID {pasid}: {plan.Errno}");
    }

    private void JournalDetached(ObjectId device, uint pasid, ObjectEntry hwpt, IActorRef caller)
    {
        (IActorRef, object) then = hwpt.Auto
            ? (hwpt.Actor, new Depart(Release.Dependant, caller, Answer.Success)) : (hwpt.Actor, Release.Dependant);
        environment.Context.Tell(
            new Journal([new DeviceDetached(device, pasid)], Answer.Success, then), hwpt.Auto ? ActorRefs.Nobody : caller);
    }
}
