using System.Diagnostics;
using Akka.Actor;
using Iommu.Replay;
using Xunit;

namespace Iommu.Tests.Replay;

public sealed class VirtualTimeTests
{
    [Fact]
    public async Task An_ask_that_nobody_answers_times_out_in_virtual_time()
    {
        using var system = Systems.Deterministic(1);
        var silent = system.ActorOf(Props.Create(() => new Silent()));
        var clock = Stopwatch.StartNew();
        await Assert.ThrowsAsync<AskTimeoutException>(() => silent.Ask<string>("hello", TimeSpan.FromHours(2)));
        Assert.Equal(TimeSpan.FromHours(2), ReplaySystem.Of(system).Now);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void Time_stands_still_while_anything_can_run()
    {
        using var system = Systems.Deterministic(1);
        var replay = ReplaySystem.Of(system);
        var silent = system.ActorOf(Props.Create(() => new Silent()));
        for (var i = 0; i < 1000; i++) silent.Tell(i);
        replay.RunUntilIdle();
        Assert.Equal(TimeSpan.Zero, replay.Now);
    }

    [Fact]
    public void Timers_fire_in_order_of_their_time_and_then_of_their_start()
    {
        using var system = Systems.Deterministic(3);
        var replay = ReplaySystem.Of(system);
        var fired = new List<string>();
        var scheduler = system.Scheduler.Advanced;
        scheduler.ScheduleOnce(TimeSpan.FromSeconds(2), () => fired.Add("c"));
        scheduler.ScheduleOnce(TimeSpan.FromSeconds(1), () => fired.Add("a"));
        scheduler.ScheduleOnce(TimeSpan.FromSeconds(1), () => fired.Add("b"));
        replay.RunFor(TimeSpan.FromSeconds(3));
        Assert.Equal(["a", "b", "c"], fired);
        Assert.Equal(TimeSpan.FromSeconds(3), replay.Now);
    }

    [Fact]
    public void A_periodic_timer_fires_once_a_period_until_it_is_cancelled()
    {
        using var system = Systems.Deterministic(3);
        var replay = ReplaySystem.Of(system);
        var count = 0;
        var timer = system.Scheduler.Advanced.ScheduleRepeatedlyCancelable(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1), () => count++);
        replay.RunFor(TimeSpan.FromSeconds(10));
        Assert.Equal(10, count);
        timer.Cancel();
        replay.RunFor(TimeSpan.FromSeconds(10));
        Assert.Equal(10, count);
    }

    [Fact]
    public void Waiting_for_what_never_happens_ends_at_the_limit()
    {
        using var system = Systems.Deterministic(3);
        var replay = ReplaySystem.Of(system);
        Assert.False(replay.RunUntil(() => false, TimeSpan.FromMinutes(1)));
        Assert.Equal(TimeSpan.FromMinutes(1), replay.Now);
    }
}
