using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Actors.Objects;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Persistence.Events;

namespace Iommu.Actors.Groups;

/// <summary>Attach and replace: the table's rules, then the hardware's, and on any refusal everything is as it was.</summary>
internal sealed partial class GroupActor
{
    /// <summary>An attach on its way, and what is to be done at its end.</summary>
    /// <param name="Device">The device.</param>
    /// <param name="Hwpt">Where to.</param>
    /// <param name="Pasid">Which address space.</param>
    /// <param name="Work">What it comes to.</param>
    /// <param name="StandIns">See <see cref="RestoreAttachment.StandIns"/>; null for a call, which has none.</param>
    /// <param name="Fails">Whether one of its steps is to fail (fail_nth).</param>
    /// <param name="Refuse">Answers that it has failed.</param>
    /// <param name="Journal">Makes it durable and answers; gets what it has replaced.</param>
    private sealed record Attempt(
        ObjectEntry Device, ObjectEntry Hwpt, uint Pasid, AttachWork Work, IReadOnlyDictionary<PhysicalDevice, ulong>? StandIns,
        Func<string, bool> Fails, Action<Errno> Refuse, Action<Attachment?> Journal)
    {
        public PhysicalDevice Physical => (PhysicalDevice)Device.Hardware!;

        public AttachTarget Target => new(Hwpt.Id, Hwpt.PasidCompatible, Hwpt.FaultQueue is not null);

        /// <summary>Whether the hardware is asked, beyond devices that were plugged in since.</summary>
        public bool Moves => Work != AttachWork.Join && Physical.Iommu.Translates;
    }

    private void Attach(AttachTo attach)
    {
        var (caller, device, hwpt, pasid) = (Sender, attach.Device, attach.Hwpt, attach.Call.Pasid);
        var decided = Find(device.Id) != device
            ? Errno.ENOENT : _table.Decide(device.Id, pasid, hwpt.Id, attach.Call.Mode);
        if (decided.Failed)
        {
            attach.Refuse(caller, decided.Errno);
            return;
        }
        if (decided.Value == AttachWork.Nothing)
        {
            hwpt.Actor.Tell(Release.Call);
            environment.Context.Tell(new Settle(hwpt.Id), caller);
            attach.Over();
            return;
        }
        Start(new Attempt(device, hwpt, pasid, decided.Value, null, environment.Failures.ShouldFail,
            errno => attach.Refuse(caller, errno), Done));

        void Done(Attachment? replaced)
        {
            JournalAttached(device.Id, hwpt, pasid, replaced, caller);
            attach.Over();
        }
    }

    private Errno WithoutDomain(NoDomain none)
    {
        var (device, call) = (none.Acquire.Other!, (DeviceAttach)none.Acquire.Call);
        return Find(device.Id) != device ? Errno.ENOENT : _table.WithoutDomain(device.Id, call.Pasid, call.Mode, none.Errno);
    }

    private void Restore(RestoreAttachment restore)
    {
        var caller = Sender;
        void Answer(Errno errno) => caller.Tell(new AttachmentRestored(errno, restore.Device.Id, restore.Pasid));
        var decided = _table.Decide(restore.Device.Id, restore.Pasid, restore.Hwpt.Id, AttachMode.Attach);
        if (decided.Failed) Answer(decided.Errno);
        else Start(new Attempt(restore.Device, restore.Hwpt, restore.Pasid, decided.Value, restore.StandIns, _ => false, Answer,
            _ => Answer(Errno.None)));
    }

    private void Start(Attempt attempt)
    {
        Begin();
        if (attempt.Fails("attach")) Fail(attempt, Errno.ENOMEM, []);
        else Reserve(attempt, reserved =>
        {
            if (reserved.Failed) Fail(attempt, reserved.Errno, []);
            else Program(attempt, reserved.Value!);
        });
    }

    /// <summary>
    /// Gives back what this attempt has reserved, and no more. The kernel's failed replace also gives back what stood before it, when both
    /// HWPTs are on one IOAS: a bug by I12.
    /// </summary>
    private void Fail(Attempt attempt, Errno errno, IReadOnlyList<Reservation> reserved)
    {
        foreach (var reservation in reserved) attempt.Hwpt.Ioas!.Tell(new UnreserveRegions(reservation));
        attempt.Refuse(errno);
        End();
    }

    private void Program(Attempt attempt, IReadOnlyList<Reservation> reserved)
    {
        var standing = _attachments.GetValueOrDefault(attempt.Pasid);
        var attachment = attempt.Work == AttachWork.Join ? standing! : new Attachment(attempt.Hwpt, attempt.Pasid);
        var replaced = attempt.Work == AttachWork.Replace ? standing : null;
        var devices = replaced?.Devices ?? NotYetIn(attachment, attempt.Physical);
        var shares = DeviceRules.CapabilitiesOf(attempt.Physical).SharesPageRequests;
        var errno = attempt.Work == AttachWork.Join ? Errno.None : _table.Compatible(attempt.Pasid, attempt.Target, shares);
        if (errno == Errno.None && attempt.Moves && attempt.Fails("attach handle")) errno = Errno.ENOMEM;
        var plan = errno == Errno.None ? AskDrivers(attempt, devices, replaced?.Domain) : errno;
        if (plan.Failed) Fail(attempt, plan.Errno, reserved);
        else _plans.Run(plan.Value!, () =>
        {
            attachment.Devices.AddRange(devices);
            Commit(attempt, attachment);
            if (replaced is null) Finish();
            else EndFaults(replaced, _ => true, Finish);
        });

        void Finish()
        {
            attempt.Journal(replaced);
            foreach (var reservation in reserved) _reserved[reservation.Device] = (attempt.Hwpt.Ioas!, reservation);
            End();
        }
    }

    private void Commit(Attempt attempt, Attachment attachment)
    {
        _attachments[attempt.Pasid] = attachment;
        if (attempt.Work == AttachWork.Replace) _table.Replace(attempt.Pasid, attempt.Target);
        else _table.Attach(attempt.Device.Id, attempt.Pasid, attempt.Target);
    }

    /// <summary>A replace moves every device that is attached, and is one event for each in one write.</summary>
    private void JournalAttached(ObjectId device, ObjectEntry hwpt, uint pasid, Attachment? replaced, IActorRef caller)
    {
        var moved = replaced is null ? [device] : _table.Devices(pasid);
        var answers = replaced?.Hwpt.Auto != true;
        List<(IActorRef, object)> then = [(hwpt.Actor, Release.CallFor(moved.Count))];
        if (replaced is not null)
        {
            if (pasid == 0 && !hwpt.Ioas!.Equals(replaced.Hwpt.Ioas)) then.AddRange(Unreserve(moved.Select(PhysicalOf)));
            var gone = Release.Dependants(moved.Count);
            then.Add((replaced.Hwpt.Actor, answers ? gone : new Depart(gone, caller, hwpt.Id)));
        }
        var events = moved.Select(each => new DeviceAttached(each, hwpt.Id, pasid));
        environment.Context.Tell(new Journal([.. events], hwpt.Id, [.. then]), answers ? caller : ActorRefs.Nobody);
    }
}
