using Akka.Actor;

namespace Iommu.Bench.Actors;

/// <summary>Sends every item back.</summary>
internal sealed class EchoActor : ReceiveActor
{
    public EchoActor() => Receive<Item>(item => Sender.Tell(item, Self));
}
