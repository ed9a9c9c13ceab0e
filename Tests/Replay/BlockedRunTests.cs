using Akka.Actor;
using Iommu.Replay;
using Xunit;

namespace Iommu.Tests.Replay;

public sealed class BlockedRunTests
{
    [Fact]
    public async Task A_run_in_which_two_actors_ask_each_other_says_who_waits_for_whom()
    {
        var system = Systems.Deterministic(1);
        var left = system.ActorOf(Props.Create(() => new Asker()), "left");
        var right = system.ActorOf(Props.Create(() => new Asker()), "right");
        left.Tell(right);
        right.Tell(left);
        var blocked = await Assert.ThrowsAsync<RunBlockedException>(() => left.Ask<string>("anything"));
        Assert.Contains("/user/left waits since", blocked.Message);
        Assert.Contains("the answer of /user/right", blocked.Message);
        Assert.Contains("/user/right has not finished handling", blocked.Message);
        Assert.Contains("seed 1", blocked.Message);
    }

    [Fact]
    public void The_report_counts_stashed_messages()
    {
        var system = Systems.Deterministic(1);
        var hoarder = system.ActorOf(Props.Create(() => new Hoarder()), "hoarder");
        hoarder.Tell("a");
        hoarder.Tell("b");
        var replay = ReplaySystem.Of(system);
        replay.RunUntilIdle();
        Assert.Contains("stash: /user/hoarder holds 2 messages", replay.WaitReport());
    }

    private sealed class Asker : ReceiveActor
    {
        public Asker()
        {
            ReceiveAsync<IActorRef>(async other => await other.Ask<string>("question", Timeout.InfiniteTimeSpan));
            Receive<string>(_ => Sender.Tell("answer"));
        }
    }

    private sealed class Hoarder : ReceiveActor, IWithUnboundedStash
    {
        public Hoarder() => ReceiveAny(_ => Stash.Stash());

        public IStash Stash { get; set; } = null!;
    }
}
