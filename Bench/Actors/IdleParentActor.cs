using Akka.Actor;

namespace Iommu.Bench.Actors;

/// <summary>Creates children and answers when each has handled a message.</summary>
internal sealed class IdleParentActor : ReceiveActor
{
    private int _left;
    private IActorRef? _asker;

    public IdleParentActor()
    {
        Receive<int>(count =>
        {
            _asker = Sender;
            _left = count;
            var props = Props.Create(() => new IdleActor());
            var item = new Item();
            for (var i = 0; i < count; i++) Context.ActorOf(props).Tell(item, Self);
        });
        Receive<Item>(_ =>
        {
            if (--_left == 0) _asker!.Tell(Done.Instance);
        });
    }
}
