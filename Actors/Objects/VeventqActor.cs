using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Persistence.Events;

namespace Iommu.Actors.Objects;

/// <summary>An event queue: the events of one type of a vIOMMU, which its guest's VMM reads from its file. It holds a reference on the vIOMMU.</summary>
internal sealed class VeventqActor(
    ObjectEnvironment environment, ObjectId id, VeventqType type, uint depth, IActorRef viommu, bool open, int users)
    : EventQueueActor(environment, id, ObjectType.Veventq, open, users)
{
    private readonly VeventRing _ring = new(depth, environment.Failures);

    public static Props Props(ObjectEnvironment environment, VeventqAllocated queue, IActorRef viommu, bool open, int users) =>
        Akka.Actor.Props.Create(() => new VeventqActor(environment, queue.Id, queue.QueueType, queue.Depth, viommu, open, users));

    protected override bool IsReadable => _ring.IsReadable;

    protected override PollEvents ReadyToWrite => PollEvents.None;

    protected override object State => _ring;

    protected override void PreStart() => viommu.Tell(new VeventqLinked(type, Self));

    protected override void OnOther(object message)
    {
        if (message is not ReportVevent report)
        {
            base.OnOther(message);
            return;
        }
        ReportVevent.Answer(Sender, Context, _ring.Report(report.Data.Span));
        WakeWatchers();
    }

    protected override Answer Read(ReadEvents read) => _ring.Read(read.CountBytes, read.CopyOut);

    protected override void Write(WriteEvents write) => Sender.Tell((Answer)Errno.EINVAL);

    protected override void Undo() => Lifetime.Retire(false, (viommu, new VeventqUnlinked(type)));
}
