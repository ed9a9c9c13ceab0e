using Akka.Actor;

namespace Iommu.Bench.Actors;

/// <summary>Keeps so many items going to and fro until so many have come back.</summary>
internal sealed class PingActor : ReceiveActor
{
    private int _left;
    private int _flying;

    public PingActor(IActorRef pong, int rounds, int inFlight, TaskCompletionSource done)
    {
        _left = rounds;
        Receive<Item>(item =>
        {
            _left--;
            if (_left >= inFlight) pong.Tell(item, Self);
            else if (--_flying == 0) done.SetResult();
        });
        Receive<Start>(_ =>
        {
            for (_flying = 0; _flying < inFlight; _flying++) pong.Tell(new Item(), Self);
        });
    }

    public sealed class Start
    {
        public static readonly Start Instance = new();
    }
}
