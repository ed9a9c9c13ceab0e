using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;
using Iommu.Persistence.Events;

namespace Iommu.Actors.Objects;

/// <summary>
/// An event queue: the events of one type of a vIOMMU, which its guest's VMM reads from its file. It holds a reference on the vIOMMU.
/// </summary>
/// <param name="environment">The context's.</param>
/// <param name="queue">How it came to be.</param>
/// <param name="viommu">Whose events.</param>
/// <param name="open">Whether it has a file.</param>
/// <param name="next">After a recovery, the number that its events go on with; null when it has had none.</param>
/// <param name="users">What <c>users</c> starts from, without the file.</param>
internal sealed class VeventqActor(
    ObjectEnvironment environment, VeventqAllocated queue, IActorRef viommu, bool open, uint? next, int users)
    : EventQueueActor(environment, queue.Id, ObjectType.Veventq, open, users), IWithUnboundedStash
{
    private readonly VeventRing _ring = new(queue.Depth, environment.Failures, next ?? 0);
    private readonly SequenceReserve _numbers = new(next ?? 0);
    private bool _lostInRecovery = next is not null;

    public IStash Stash { get; set; } = null!;

    public static Props Props(
        ObjectEnvironment environment, VeventqAllocated queue, IActorRef viommu, bool open, uint? next, int users) =>
        Akka.Actor.Props.Create(() => new VeventqActor(environment, queue, viommu, open, next, users));

    protected override bool IsReadable => _ring.IsReadable;

    protected override PollEvents ReadyToWrite => PollEvents.None;

    protected override object State => _ring;

    protected override void PreStart()
    {
        if (_lostInRecovery) Reserve();
    }

    protected override void OnOther(object message)
    {
        switch (message)
        {
            case ReportVevent when Lifetime.Leaving:
                ReportVevent.Answer(Sender, Context, Errno.EOPNOTSUPP);
                break;
            case ReportVevent report when _numbers.IsEmpty && !report.Data.IsEmpty:
                Stash.Stash();
                if (!_numbers.IsAsked) Reserve();
                break;
            case ReportVevent report:
                Report(report);
                break;
            case Answer:
                OnReserved();
                break;
            default:
                base.OnOther(message);
                break;
        }
    }

    protected override Answer Read(ReadEvents read) => _ring.Read(read.CountBytes, read.CopyOut);

    protected override void Write(WriteEvents write) => Sender.Tell((Answer)Errno.EINVAL);

    protected override void Undo() => Lifetime.Retire(false, (viommu, new VeventqUnlinked(queue.QueueType)));

    private void Report(ReportVevent report)
    {
        var before = _ring.NextSequence;
        ReportVevent.Answer(Sender, Context, _ring.Report(report.Data.Span));
        if (_ring.NextSequence == before) return;
        _numbers.Use();
        if (_numbers.IsLow) Reserve();
        WakeWatchers();
    }

    private void Reserve() => Environment.Context.Tell(
        new Journal([new VeventqSequenceReserved(queue.Id, _numbers.Ask())], Messages.Answer.Success), Self);

    private void OnReserved()
    {
        _numbers.Grant();
        if (_lostInRecovery)
        {
            _lostInRecovery = false;
            _numbers.Use();
            _ring.ReportLost();
            WakeWatchers();
        }
        Stash.UnstashAll();
    }
}
