using Akka.Actor;
using Akka.Event;
using Iommu.Actors.Groups;
using Iommu.Actors.Objects;
using Iommu.Messages;

namespace Iommu.Actors.Simulator;

/// <summary>
/// A call that reaches an object which is gone is answered as a lookup that comes too late is, mostly ENOENT, and the references that
/// it had taken on the way are dropped.
/// </summary>
internal sealed class UndeliveredCalls : ReceiveActor
{
    public UndeliveredCalls() => Receive<DeadLetter>(OnDeadLetter);

    protected override void PreStart() => Context.System.EventStream.Subscribe(Self, typeof(DeadLetter));

    private static void OnDeadLetter(DeadLetter letter)
    {
        switch (letter.Message)
        {
            case AttachTo attach:
                attach.Refuse(letter.Sender, Errno.ENOENT);
                return;
            case Depart depart:
                depart.Caller.Tell((Answer)Errno.ENOENT);
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
            default:
                return;
        }
        letter.Sender.Tell((Answer)Errno.ENOENT);
    }
}
