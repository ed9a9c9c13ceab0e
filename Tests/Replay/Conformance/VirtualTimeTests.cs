using System.Diagnostics;
using Akka.Actor;
using Iommu.Replay;
using Iommu.Tests.Conformance;
using Xunit.Sdk;

namespace Iommu.Tests.Replay.Conformance;

/// <summary>What the test kit does in deterministic mode beyond Akka.NET.</summary>
public class VirtualTimeTests() : Akka.TestKit.Xunit2.TestKit(Deterministic.Seed(7) + "iommu.replay.trace = on")
{
    [Fact]
    public void An_hour_without_a_message_passes_at_once()
    {
        var start = Stopwatch.GetTimestamp();

        ExpectNoMsg(TimeSpan.FromHours(1));

        Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromMinutes(1));
        Assert.True(ReplaySystem.Of(Sys).Now >= TimeSpan.FromHours(1));
    }

    [Fact]
    public void A_message_that_is_due_in_an_hour_comes_at_its_time()
    {
        Sys.Scheduler.ScheduleTellOnce(TimeSpan.FromHours(1), TestActor, "late", ActorRefs.NoSender);

        ExpectMsg("late", TimeSpan.FromHours(2));

        Assert.Equal(TimeSpan.FromHours(1), ReplaySystem.Of(Sys).Now);
    }

    [Fact]
    public void Blocked_a_wait_says_who_waits_for_whom()
    {
        var silent = Sys.ActorOf(Props.Create<Silent>(), "silent");
        Sys.ActorOf(Props.Create(() => new Stuck(silent)), "stuck").Tell("go");

        var failure = Assert.ThrowsAny<XunitException>(() => ExpectMsg<string>());

        Assert.Contains("/user/stuck", failure.Message);
        Assert.Contains("/user/silent", failure.Message);
        Assert.Contains("seed 7", failure.Message);
    }

    [Fact]
    public void The_same_seed_takes_the_same_turns()
    {
        var traces = Enumerable.Range(0, 2).Select(_ =>
        {
            using var run = new Run();
            return run.Take();
        }).ToList();

        Assert.NotEmpty(traces[0]);
        Assert.Equal(traces[0], traces[1]);
    }

    private sealed class Stuck : ReceiveActor
    {
        public Stuck(IActorRef other) =>
            ReceiveAsync<string>(async question => Sender.Tell(await other.Ask<string>(question, Timeout.InfiniteTimeSpan)));
    }

    private sealed class Run() : Akka.TestKit.Xunit2.TestKit(Deterministic.Seed(11) + "iommu.replay.trace = on")
    {
        public IReadOnlyList<string> Take()
        {
            var probes = Enumerable.Range(0, 3).Select(_ => CreateTestProbe()).ToList();
            foreach (var probe in probes)
            {
                var echo = Sys.ActorOf<Echo>();
                for (var i = 0; i < 5; i++) probe.Send(echo, i);
            }

            foreach (var probe in probes) probe.ReceiveN(5);
            return ReplaySystem.Of(Sys).Trace.Select(step => step.ToString()).ToList();
        }
    }
}
