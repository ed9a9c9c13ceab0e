using Akka.Actor;
using Akka.Configuration;
using Iommu.Bench.Actors;
using Iommu.Replay;
using Iommu.TestKit.Explore;
using Iommu.TestKit.Explore.Mutants;
using Iommu.TestKit.Explore.Scenarios;
using Iommu.TestKit.Explore.Strategies;
using Iommu.TestKit.Explore.Traces;

namespace Iommu.Bench.Explore;

/// <summary>What a search of interleavings takes, on one thread; and how soon it finds each mutant.</summary>
internal static class ExploreBenchmarks
{
    private const int SchedulesMax = 10_000;
    private const int Replays = 100;

    public static async Task Run()
    {
        Console.WriteLine("explore");
        await Measure.Rate("turns of 8 pairs of actors, chosen at random", 1_000_000, turns =>
        {
            Turns(turns);
            return Task.CompletedTask;
        });
        foreach (var scenario in ScenarioCatalogue.All) Search(scenario);
    }

    /// <summary>A row of docs/mutants.md each: medians over five seeds.</summary>
    public static Task RunMutants()
    {
        Console.WriteLine("mutants");
        foreach (var mutant in MutantCatalogue.All)
            foreach (var strategy in new[] { "random", "pct", "delay" })
                Find(mutant, strategy);
        return Task.CompletedTask;
    }

    private static void Turns(int count)
    {
        var system = ActorSystem.Create("bench", ConfigurationFactory.ParseString(
            "akka.loglevel = OFF, akka.stdout-loglevel = OFF, iommu.replay { mode = deterministic, seed = 0 }"));
        var (replay, strategy) = (ReplaySystem.Of(system), new RandomStrategy(1));
        strategy.Begin(0);
        replay.Schedule = new Choices(strategy);
        for (var i = 0; i < 8; i++)
        {
            var pong = system.ActorOf(Props.Create(() => new EchoActor()));
            pong.Tell(new Item(), system.ActorOf(Props.Create(() => new EchoActor())));
        }
        replay.RunUntil(() => replay.Steps >= count, TimeSpan.Zero);
    }

    private static void Search(Scenario scenario)
    {
        var options = new ExploreOptions { Schedules = 2_000 };
        new Explorer(scenario, options).Run();
        var results = Enumerable.Range(2, Measure.Runs).Select(seed => new Explorer(scenario, options with { Seed = seed }).Run()).ToList();
        Measure.Print($"{scenario.Name}, schedules", Measure.Median([.. results.Select(it => it.Schedules / it.Seconds)]), "/s");
        Measure.Print("  their turns", Measure.Median([.. results.Select(it => it.Steps / it.Seconds)]), "/s");
    }

    private static void Find(Func<Mutant> mutant, string strategy)
    {
        var scenario = ScenarioCatalogue.Find(mutant().Scenario)!;
        var found = Enumerable.Range(1, Measure.Runs).Select(seed => new Explorer(scenario, new ExploreOptions
        {
            Schedules = SchedulesMax,
            Seed = seed,
            Strategy = of => StrategyCatalogue.Create(strategy, of),
            Mutant = mutant,
        }).Run().Found).ToList();
        var after = Measure.Median([.. found.Select(it => it?.Schedule ?? double.PositiveInfinity)]);
        if (found.OfType<Found>().ToList() is not [var first, ..] some)
        {
            Console.WriteLine($"  {mutant().Name,-4} {strategy,-7} not found in {SchedulesMax:N0} schedules");
            return;
        }
        var replayer = new Replayer(scenario, mutant);
        var same = Enumerable.Range(0, Replays).Count(_ => replayer.Repeat(first.Trace).Violation?.Invariant == first.Violation.Invariant);
        Console.WriteLine($"  {mutant().Name,-4} {strategy,-7} median {after,6:N0} schedules ({some.Count} of {Measure.Runs} seeds), "
            + $"{string.Join('/', some.Select(it => it.Violation.Invariant).Distinct())}, at most "
            + $"{some.Max(it => it.Trace.Deviations.Count)} decisive steps, {same} of {Replays} replays");
    }
}
