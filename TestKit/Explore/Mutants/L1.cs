using Akka.Actor;
using Iommu.Actors;
using Iommu.Actors.Objects;
using Iommu.Messages;

namespace Iommu.TestKit.Explore.Mutants;

/// <summary>
/// Of 7.3.4: a put wakes sleepers that can be interrupted, and the removal of a device sleeps so that it cannot be: it sees that its last
/// short-term user has let go when its minute is over.
/// </summary>
internal sealed class L1 : MailMutant
{
    private static readonly TimeSpan Minute = TimeSpan.FromSeconds(60);
    private static readonly Release Asleep = new(0, -1);
    private static readonly Release Awake = new(0, 1);

    private readonly HashSet<IActorRef> _removals = [];

    public override string Name => "L1";

    public override string Summary => "the removal of a device sleeps its full minute, whoever lets go of it";

    public override string Scenario => "unbind-vdevice";

    protected override object? Change(IActorRef recipient, object message, IActorRef? sender)
    {
        if (message is DeviceUnbind && recipient.Path.Name.StartsWith("device-", StringComparison.Ordinal)) _removals.Add(recipient);
        if (message is not VdeviceUnlinked || !_removals.Contains(recipient)) return message;
        Tell(recipient, Asleep, null);
        World.System.Scheduler.ScheduleTellOnce(Minute, recipient, Awake, ActorRefs.NoSender);
        return message;
    }
}
