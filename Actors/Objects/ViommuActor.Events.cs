using Akka.Actor;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Objects;

/// <summary>
/// The event queues of a vIOMMU: one of each type. What is reported while a queue is being made waits until that is settled, as it waits
/// for the kernel's lock.
/// </summary>
internal sealed partial class ViommuActor
{
    private readonly Dictionary<VeventqType, EventsOfType> _events = [];

    private void BuildVeventq(VeventqAlloc call)
    {
        if (_events.ContainsKey(call.Type)) EndCall(Errno.EEXIST);
        else if (Environment.Failures.ShouldFail("open event file")) EndCall(Errno.ENOMEM);
        else
        {
            _events[call.Type] = new EventsOfType();
            Environment.Context.Forward(new Adopt(new VeventqBlueprint(Self, call, SimulatorConfig.CallPatience(Context.System))));
        }
    }

    private void OnEvents(object message)
    {
        switch (message)
        {
            case ReportVevent report:
                if (!_events.TryGetValue(report.Type, out var events)) ReportVevent.Answer(Sender, Context, Errno.EOPNOTSUPP);
                else if (events.Queue is { } queue) queue.Forward(report);
                else events.Waiting.Add((report, Sender));
                break;
            case VeventqLinked linked:
                Link(linked);
                break;
            case VeventqUnlinked unlinked:
                _events.Remove(unlinked.Type);
                Lifetime.Release(Release.Dependant);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Link(VeventqLinked linked)
    {
        if (!_events.Remove(linked.Type, out var made)) made = new EventsOfType();
        _events[linked.Type] = new EventsOfType { Queue = linked.Queue };
        foreach (var (report, sender) in made.Waiting) linked.Queue.Tell(report, sender);
    }

    private void ForgetVeventq(VeventqType type)
    {
        _events.Remove(type, out var events);
        foreach (var (_, sender) in events!.Waiting) ReportVevent.Answer(sender, Context, Errno.EOPNOTSUPP);
    }

    /// <summary>A queue, or who reports while there is none yet.</summary>
    private sealed class EventsOfType
    {
        public IActorRef? Queue { get; init; }

        public List<(ReportVevent Report, IActorRef Sender)> Waiting { get; } = [];
    }
}
