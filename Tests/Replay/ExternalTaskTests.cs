using Akka.Actor;
using Iommu.Replay;
using Xunit;

namespace Iommu.Tests.Replay;

/// <summary>Work outside the actors: deterministic mode waits for it, and no virtual time passes meanwhile.</summary>
public sealed class ExternalTaskTests
{
    [Fact]
    public async Task An_async_handler_resumes_in_its_actor_after_work_on_the_thread_pool()
    {
        using var system = Systems.Deterministic(1);
        var worker = system.ActorOf(Props.Create(() => new Worker()));
        Assert.Equal("computed 49 for the right actor", await worker.Ask<string>(7));
        Assert.Equal(TimeSpan.Zero, ReplaySystem.Of(system).Now);
    }

    [Fact]
    public async Task A_pipe_from_the_thread_pool_arrives()
    {
        using var system = Systems.Deterministic(1);
        var worker = system.ActorOf(Props.Create(() => new Worker()));
        Assert.Equal("piped 9", await worker.Ask<string>("pipe"));
        Assert.Equal(TimeSpan.Zero, ReplaySystem.Of(system).Now);
    }

    [Fact]
    public async Task A_failure_in_an_async_handler_reaches_the_supervisor()
    {
        using var system = Systems.Deterministic(1);
        var worker = system.ActorOf(Props.Create(() => new Worker()));
        worker.Tell(-1);
        Assert.Equal("restarted", await worker.Ask<string>("state"));
    }

    private sealed class Worker : ReceiveActor
    {
        private string _state = "fresh";

        public Worker()
        {
            ReceiveAsync<int>(async n =>
            {
                var asker = Sender;
                var square = await Task.Run(() => n < 0 ? throw new InvalidOperationException("negative") : n * n);
                Sender.Tell($"computed {square} for the {(asker.Equals(Sender) ? "right" : "wrong")} actor");
            });
            Receive<string>(m => m == "state", _ => Sender.Tell(_state));
            Receive<string>(_ => Task.Run(() => 9).PipeTo(Sender, Self, nine => $"piped {nine}"));
        }

        protected override void PostRestart(Exception reason)
        {
            _state = "restarted";
            base.PostRestart(reason);
        }
    }
}
