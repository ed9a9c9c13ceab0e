using Akka.Actor;

namespace Iommu.Bench.Actors;

/// <summary>Creates children that stop at once; answers when the last has terminated.</summary>
internal sealed class ParentActor : ReceiveActor
{
    private int _left;
    private IActorRef? _asker;

    public ParentActor()
    {
        Receive<int>(count =>
        {
            _asker = Sender;
            _left = count;
            var props = Props.Create(() => new IdleActor());
            for (var i = 0; i < count; i++)
            {
                var child = Context.ActorOf(props);
                Context.Watch(child);
                child.Tell(PoisonPill.Instance, ActorRefs.NoSender);
            }
        });
        Receive<Terminated>(_ =>
        {
            if (--_left == 0) _asker!.Tell(Done.Instance);
        });
    }
}
