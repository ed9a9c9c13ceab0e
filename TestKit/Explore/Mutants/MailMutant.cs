using Akka.Actor;
using Iommu.Replay;

namespace Iommu.TestKit.Explore.Mutants;

/// <summary>A mutant that changes what actors tell each other.</summary>
public abstract class MailMutant : Mutant, IMessageFilter
{
    private bool _isOwn;

    private IActorRef _later = ActorRefs.Nobody;

    /// <summary>The run that it is in.</summary>
    protected World World { get; private set; } = null!;

    public sealed override IMessageFilter Attach(World world)
    {
        World = world;
        _later = world.System.ActorOf(Props.Create(() => new LaterActor()), "mutant");
        return this;
    }

    object? IMessageFilter.Told(IActorRef recipient, object message, IActorRef? sender) =>
        _isOwn ? message : Change(recipient, message, sender);

    /// <param name="recipient">Whose mailbox.</param>
    /// <param name="message">What was told.</param>
    /// <param name="sender">By whom; null for nobody.</param>
    /// <returns>What goes into the mailbox; null for nothing.</returns>
    protected abstract object? Change(IActorRef recipient, object message, IActorRef? sender);

    /// <summary>Tells something that is not to be changed again.</summary>
    protected void Tell(IActorRef recipient, object message, IActorRef? sender)
    {
        _isOwn = true;
        recipient.Tell(message, sender);
        _isOwn = false;
    }

    /// <summary>Does something in a turn of its own: whatever the search chooses may come before it.</summary>
    protected void Later(Action action) => Tell(_later, action, ActorRefs.NoSender);

    private sealed class LaterActor : ReceiveActor
    {
        public LaterActor() => Receive<Action>(action => action());
    }
}
