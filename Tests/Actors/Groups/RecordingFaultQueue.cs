using System.Collections.Concurrent;
using Akka.Actor;
using Iommu.Actors.Objects;

namespace Iommu.Tests.Actors.Groups;

/// <summary>A fault queue that keeps what it gets.</summary>
internal sealed class RecordingFaultQueue
{
    private readonly ConcurrentQueue<object> _got = new();
    private readonly SemaphoreSlim _any = new(0);
    private readonly bool _holds;

    public RecordingFaultQueue(SimulatorHarness iommu, bool holds = false)
    {
        _holds = holds;
        Actor = iommu.System.ActorOf(Props.Create(() => new Receiver(this)));
    }

    public IActorRef Actor { get; }

    public int Left => _got.Count;

    public int Count<T>() => _got.OfType<T>().Count();

    public async Task<T> NextAsync<T>()
    {
        Assert.True(await _any.WaitAsync(TimeSpan.FromSeconds(10)), "nothing came");
        Assert.True(_got.TryDequeue(out var message));
        return Assert.IsType<T>(message);
    }

    /// <summary>Answers what it has held back.</summary>
    public void LetGo() => Actor.Tell("let go");

    private sealed class Receiver : ReceiveActor
    {
        public Receiver(RecordingFaultQueue queue)
        {
            (AutoResponded Answer, IActorRef To)? held = null;
            Receive<string>(_ => held!.Value.To.Tell(held.Value.Answer));
            ReceiveAny(message =>
            {
                if (message is AutoRespond respond && queue._holds) held = (new AutoResponded(respond.Handle), Sender);
                else if (message is AutoRespond ended) Sender.Tell(new AutoResponded(ended.Handle));
                queue._got.Enqueue(message);
                queue._any.Release();
            });
        }
    }
}
