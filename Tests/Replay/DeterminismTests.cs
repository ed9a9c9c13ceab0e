using Akka.Actor;
using Iommu.Replay;
using Xunit;

namespace Iommu.Tests.Replay;

public sealed class DeterminismTests
{
    [Fact]
    public async Task The_same_seed_gives_the_same_trace_and_result()
    {
        for (var seed = 1; seed <= 60; seed++)
        {
            var first = await RunWarehouse(seed);
            var second = await RunWarehouse(seed);
            Assert.True(first.Result == second.Result, $"seed {seed}: {first.Result} is not {second.Result}");
            Assert.True(first.Trace.SequenceEqual(second.Trace), $"seed {seed}: the traces differ");
        }
    }

    [Fact]
    public async Task Different_seeds_give_different_interleavings()
    {
        var traces = new HashSet<string>();
        for (var seed = 1; seed <= 20; seed++) traces.Add(string.Join("\n", (await RunWarehouse(seed)).Trace));
        Assert.True(traces.Count > 15, $"only {traces.Count} of 20 traces are distinct");
    }

    [Fact]
    public async Task Recorded_choices_repeat_the_run_whatever_the_seed()
    {
        var recorded = await RunWarehouse(seed: 11);
        var replayed = await RunWarehouse(seed: 12, new ReplayedSchedule(recorded.Choices));
        Assert.Equal(recorded.Result, replayed.Result);
        Assert.Equal(recorded.Trace, replayed.Trace);
    }

    [Fact]
    public async Task Identifiers_that_the_runtime_draws_depend_on_the_seed_only()
    {
        static Guid Draw(long seed)
        {
            using var system = Systems.Deterministic(seed);
            return ((Akka.Actor.Internal.ActorSystemImpl)system).Runtime.NewGuid();
        }

        Assert.Equal(Draw(5), Draw(5));
        Assert.NotEqual(Draw(5), Draw(6));
        await Task.CompletedTask;
    }

    private static async Task<(string Result, IReadOnlyList<TraceStep> Trace, IReadOnlyList<int> Choices)> RunWarehouse(
        long seed, ISchedule? schedule = null)
    {
        var system = Systems.Deterministic(seed);
        var replay = ReplaySystem.Of(system);
        if (schedule is not null) replay.Schedule = schedule;
        var warehouse = system.ActorOf(Props.Create(() => new Warehouse(3)), "warehouse");
        for (var item = 0; item < 25; item++) warehouse.Tell(item);
        replay.RunFor(TimeSpan.FromMilliseconds(200));
        var result = await warehouse.Ask<string>("report", TimeSpan.FromSeconds(1));
        await system.Terminate();
        return (result, [.. replay.Trace], [.. replay.Choices]);
    }
}
