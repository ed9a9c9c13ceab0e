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

    /// <summary>Already subscribed when this returns: calls may be under way before the actor has had its first turn.</summary>
    public static IActorRef Start(ActorSystem system, QueueDirectory queues)
    {
        var actor = system.ActorOf(Props.Create(() => new UndeliveredCalls(queues)), "undelivered-calls");
        system.EventStream.Subscribe(actor, typeof(DeadLetter));
        return actor;
    }

    private void OnDeadLetter(DeadLetter letter)
    {
        if (Refuse(letter) || Undo(letter)) return;
        if (WhenGone(letter.Message) is { } answer) letter.Sender.Tell(answer);
    }

    /// <summary>What has a way of its own to be refused, and answers by it.</summary>
    private bool Refuse(DeadLetter letter)
    {
        switch (letter.Message)
        {
            case AttachTo attach:
                attach.Refuse(letter.Sender, Errno.ENOENT);
                return true;
            case Depart depart:
                depart.Caller.Tell((Answer)Errno.ENOENT);
                return true;
            case ReportFault report:
                OnFault(report);
                ReportFault.Answer(letter.Sender, Context);
                return true;
            case Adopt adopt:
                adopt.Blueprint.Builder.Tell(new Abort(adopt.Blueprint, Errno.ENOENT), letter.Sender);
                return true;
            case FileCall call:
                call.Waiting(letter.Sender).Tell(call.WhenClosed);
                return true;
            case OpenContext open:
                letter.Sender.Tell(new Status.Failure(
                    new JournalException($"context {open.Settings.Name} cannot be opened: the journal of contexts is lost")));
                return true;
            case AwaitRestart:
                letter.Sender.Tell(new RestartOver(false));
                return true;
            case ListContexts:
                letter.Sender.Tell(new Status.Failure(new JournalException("the journal of contexts is lost")));
                return true;
            case ReportVevent:
                ReportVevent.Answer(letter.Sender, Context, Errno.EOPNOTSUPP);
                return true;
            case LinkQueue link:
                link.Refuse(letter.Sender);
                return true;
            case Acquire { Ioas: { } ioas } attach when !ioas.Equals(letter.Recipient):
                ioas.Tell(attach, letter.Sender);
                return true;
            case AccessUsed used:
                used.Use.Caller.Tell(used.Answer);
                return true;
            default:
                return false;
        }
    }

    /// <summary>What has taken something on its way: that is given back, and the caller is answered ENOENT.</summary>
    private static bool Undo(DeadLetter letter)
    {
        switch (letter.Message)
        {
            case LinkVdevice link:
                link.Device.Actor.Tell(VdeviceUnlinked.Instance);
                break;
            case JoinAccess join:
                join.Access.Actor.Tell(new AccessJoined(null), letter.Sender);
                break;
            case MapCopied copied:
                copied.LetGo();
                break;
            default:
                return false;
        }
        letter.Sender.Tell((Answer)Errno.ENOENT);
        return true;
    }

    /// <summary>What a lookup that comes too late answers; null for what nobody waits for.</summary>
    private static Answer? WhenGone(object message) => message switch
    {
        ResetBegins or ResetEnds or AccessFileClosed => Answer.Success,
        Acquire acquire => acquire.WhenGone,
        Mmap => Errno.ENXIO,
        MmapDuplicate or Munmap => Errno.EINVAL,
        VfioCall or FromProcess { Call: VfioCall } => Errno.ENODEV,
        NoDomain or Call or FromProcess => Errno.ENOENT,
        _ => null,
    };

    private void OnFault(ReportFault report)
    {
        if (!report.Fault.Flags.HasFlag(PageFaultFlags.LastPage)) return;
        var plan = report.Device.Iommu.RespondToFaults(report.Device, [report.Fault], PageResponseCode.Invalid);
        _plans.Run(plan, () => { });
    }
}
