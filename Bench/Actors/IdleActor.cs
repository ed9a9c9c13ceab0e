using Akka.Actor;

namespace Iommu.Bench.Actors;

/// <summary>An actor with five handlers that mostly does nothing.</summary>
internal sealed class IdleActor : ReceiveActor
{
    private long _sum;

    public IdleActor()
    {
        Receive<Item>(item => Sender.Tell(item, Self));
        Receive<string>(text => _sum += text.Length);
        Receive<long>(number => _sum += number);
        Receive<double>(number => _sum += (long)number);
        Receive<Done>(_ => _sum = 0);
    }
}
