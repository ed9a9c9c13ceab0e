using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.Messages.Uapi;

namespace Iommu.Actors.Objects;

/// <summary>
/// A fault queue: groups of page faults of the HWPTs that name it are read from its file and answered through it. Each ends in exactly
/// one answer, which is told to the device by a plan. While one is under way, other answers and reads wait; faults come in.
/// </summary>
internal sealed class FaultQueueActor(ObjectEnvironment environment, ObjectId id, bool open, int users)
    : EventQueueActor(environment, id, ObjectType.Fault, open, users), IWithUnboundedStash
{
    private readonly FaultGroups _groups = new(environment.Failures);
    private bool _answering;

    public IStash Stash { get; set; } = null!;

    public static Props Props(ObjectEnvironment environment, ObjectId id, bool open, int users) =>
        Akka.Actor.Props.Create(() => new FaultQueueActor(environment, id, open, users));

    protected override bool IsReadable => _groups.IsReadable;

    protected override PollEvents ReadyToWrite => PollEvents.Out;

    protected override object State => _groups;

    protected override void OnReceive(object message)
    {
        if (_answering && message is ReadEvents or WriteEvents or AutoRespond or Destroy) Stash.Stash();
        else base.OnReceive(message);
    }

    protected override void OnOther(object message)
    {
        switch (message)
        {
            case DeliverFaults deliver:
                _groups.Deliver(new FaultGroup(deliver.Handle, deliver.Group));
                WakeWatchers();
                break;
            case AutoRespond ended:
                var owner = Sender;
                Answer(respond => _groups.AutoRespond(ended.Handle, respond), () => owner.Tell(new AutoResponded(ended.Handle)));
                break;
            case Adopt adopt:
                Reference(adopt);
                break;
            default:
                base.OnOther(message);
                break;
        }
    }

    protected override Answer Read(ReadEvents read) => _groups.Read(read.CountBytes, read.CopyOut);

    protected override void Write(WriteEvents write)
    {
        var caller = Sender;
        var answer = Messages.Answer.Success;
        Answer(
            respond => answer = _groups.Write(write.CountBytes, write.CopyIn, respond),
            () => caller.Tell(answer));
    }

    protected override void Undo() => Answer(_groups.RespondToAll, () => Lifetime.Retire());

    /// <summary>
    /// Has every group that <paramref name="choose"/> answers told to its device, and then goes on. The buffer that the answers come from
    /// is read before that: nothing of the process is waited for.
    /// </summary>
    private void Answer(Action<Action<FaultGroup, PageResponseCode>> choose, Action done)
    {
        var left = 1;
        _answering = true;
        choose((group, code) =>
        {
            left++;
            var physical = group.Handle.Physical;
            Lifetime.Run(physical.Iommu.RespondToFaults(physical, group.Faults, code), End);
        });
        End();

        void End()
        {
            if (--left > 0) return;
            _answering = false;
            done();
            Stash.UnstashAll();
        }
    }

    /// <summary>
    /// An HWPT that is built and names this queue takes a reference on it, on its way to the context; which keeps that for as long as the
    /// HWPT is published.
    /// </summary>
    private void Reference(Adopt adopt)
    {
        if (Lifetime.Leaving) adopt.Blueprint.Builder.Tell(new Abort(adopt.Blueprint, Errno.ENOENT), Sender);
        else if (Lifetime.Admit(Sender)) Environment.Context.Forward(adopt);
    }
}
