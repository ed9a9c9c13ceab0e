using Akka.Actor;

namespace Iommu.Bench.Actors;

/// <summary>Counts messages down.</summary>
internal sealed class CountingActor : ReceiveActor
{
    private int _left;

    public CountingActor(int messages, TaskCompletionSource done)
    {
        _left = messages;
        Receive<Item>(_ =>
        {
            if (--_left == 0) done.SetResult();
        });
    }
}
