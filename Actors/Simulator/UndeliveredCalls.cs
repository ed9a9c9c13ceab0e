using Akka.Actor;
using Akka.Event;
using Iommu.Actors.Groups;
using Iommu.Actors.Hardware;
using Iommu.Actors.Objects;
using Iommu.Actors.Selftest;
using Iommu.Hardware.Drivers;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Simulator;

/// <summary>
/// A call that reaches an object which is gone is answered as a lookup that comes too late is, mostly ENOENT, and the references that
/// it had taken on the way are dropped. A page fault of a device that nobody owns is answered INVALID.
/// </summary>
internal sealed class UndeliveredCalls : ReceiveActor
{
    private readonly PlanRunner _plans;

    public UndeliveredCalls(QueueDirectory queues)
    {
        _plans = new PlanRunner(queues, Self);
        Receive<DeadLetter>(OnDeadLetter);
        Receive<ReportFault>(OnFault);
        Receive<BatchDone>(_plans.OnDone);
    }

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(DeadLetter));

    private void OnDeadLetter(DeadLetter letter)
    {
        switch (letter.Message)
        {
            case AttachTo attach:
                attach.Refuse(letter.Sender, Errno.ENOENT);
                return;
            case NoDomain:
                letter.Sender.Tell((Answer)Errno.ENOENT);
                return;
            case Depart depart:
                depart.Caller.Tell((Answer)Errno.ENOENT);
                return;
            case ReportFault report:
                OnFault(report);
                ReportFault.Answer(letter.Sender, Context);
                return;
            case ResetBegins or ResetEnds:
                letter.Sender.Tell(Answer.Success);
                return;
            case Adopt adopt:
                adopt.Blueprint.Builder.Tell(new Abort(adopt.Blueprint, Errno.ENOENT), letter.Sender);
                return;
            case FileCall call:
                call.Waiting(letter.Sender).Tell(call.WhenClosed);
                return;
            case ReportVevent:
                ReportVevent.Answer(letter.Sender, Context, Errno.EOPNOTSUPP);
                return;
            case LinkVdevice link:
                link.Device.Actor.Tell(VdeviceUnlinked.Instance);
                break;
            case LinkQueue link:
                link.Refuse(letter.Sender);
                return;
            case Acquire acquire:
                letter.Sender.Tell((Answer)acquire.WhenGone);
                return;
            case Mmap:
                letter.Sender.Tell((Answer)Errno.ENXIO);
                return;
            case MmapDuplicate or Munmap:
                letter.Sender.Tell((Answer)Errno.EINVAL);
                return;
            case VfioCall or FromProcess { Call: VfioCall }:
                letter.Sender.Tell((Answer)Errno.ENODEV);
                return;
            case JoinAccess join:
                join.Access.Actor.Tell(new AccessJoined(null), letter.Sender);
                break;
            case AccessUsed used:
                used.Use.Caller.Tell(used.Answer);
                return;
            case MapCopied copied:
                copied.LetGo();
                break;
            case Call or FromProcess:
                break;
            case AccessFileClosed:
                letter.Sender.Tell(Answer.Success);
                return;
            default:
                return;
        }
        letter.Sender.Tell((Answer)Errno.ENOENT);
    }

    private void OnFault(ReportFault report)
    {
        if (!report.Fault.Flags.HasFlag(PageFaultFlags.LastPage)) return;
        var plan = report.Device.Iommu.RespondToFaults(report.Device, [report.Fault], PageResponseCode.Invalid);
        _plans.Run(plan, () => { });
    }
}
