using Akka.Actor;
using Iommu.Actors.Objects;
using Iommu.Hardware.Drivers;
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
        var last = _table.IsLast(device, pasid);
        _plans.Run(last ? Block(attachment.Devices, attachment.Domain, pasid) : Plan.Nothing, () =>
        {
            _table.Detach(device, pasid);
            if (last) _attachments.Remove(pasid);
            EndFaults(attachment, handle => last || handle.Device == device, () => done(attachment.Hwpt));
        });
    }

    private void JournalDetached(ObjectId device, uint pasid, ObjectEntry hwpt, IActorRef caller)
    {
        List<(IActorRef, object)> then = [.. pasid == 0 ? Unreserve([PhysicalOf(device)]) : []];
        then.Add((hwpt.Actor, hwpt.Auto ? new Depart(Release.Dependant, caller, Answer.Success) : Release.Dependant));
        environment.Context.Tell(
            new Journal([new DeviceDetached(device, pasid)], Answer.Success, [.. then]), hwpt.Auto ? ActorRefs.Nobody : caller);
    }
}
