using Iommu.TestKit.Explore;
using Iommu.TestKit.Explore.Mutants;
using Iommu.TestKit.Explore.Scenarios;
using Iommu.TestKit.Explore.Strategies;
using Iommu.TestKit.Explore.Traces;

namespace Iommu.Tests.Replay.Explore;

/// <summary>The search: it repeats itself, and what it finds is a schedule that can be kept, repeated and made short.</summary>
public class ExplorerTests
{
    public static TheoryData<string> Scenarios => [.. ScenarioCatalogue.All.Select(scenario => scenario.Name)];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void The_product_holds_in_the_orders_of_every_strategy(string name)
    {
        foreach (var strategy in StrategyCatalogue.Names)
        {
            var result = Search(name, strategy, schedules: 60);
            Assert.True(result.Found is null, $"{strategy}: {Text(result.Found)}");
            Assert.True(result.Distinct > 1, $"{strategy}: {result.Distinct} schedules that differ");
        }
    }

    [Fact]
    public void A_schedule_that_is_found_is_short_can_be_kept_and_breaks_the_same_again_and_again()
    {
        var (scenario, mutant) = (ScenarioCatalogue.Find("unbind-vdevice")!, MutantCatalogue.Find("B09"));
        var found = new Explorer(scenario, new ExploreOptions { Mutant = mutant }).Run().Found!;
        var trace = TraceFile.Read(TraceFile.Write(found.Trace));
        Assert.True(trace.Deviations.Count < found.DecisiveBefore, $"{found.DecisiveBefore} steps became {trace.Deviations.Count}");
        for (var i = 0; i < 20; i++)
            Assert.Equal(found.Violation.Invariant, new Replayer(scenario, mutant).Repeat(trace).Violation?.Invariant);
    }

    [Fact]
    public void A_schedule_of_another_build_is_refused_with_the_turn_at_which_they_part()
    {
        var (scenario, mutant) = (ScenarioCatalogue.Find("unbind-vdevice")!, MutantCatalogue.Find("B09"));
        var trace = new Explorer(scenario, new ExploreOptions { Mutant = mutant }).Run().Found!.Trace;
        Step[] other = [.. trace.Steps.Take(6), trace.Steps[6] with { Message = "Renamed" }, .. trace.Steps.Skip(7)];
        var parted = Assert.Throws<TraceException>(() => new Replayer(scenario, mutant).Repeat(trace with { Steps = other }));
        Assert.Contains($"turn 7 is {trace.Steps[6]}, and was {other[6]}", parted.Message);
    }

    internal static ScenarioResult Search(string scenario, string strategy, int schedules, long seed = 1, Func<Mutant>? mutant = null) =>
        new Explorer(ScenarioCatalogue.Find(scenario)!, new ExploreOptions
        {
            Schedules = schedules,
            Seed = seed,
            Strategy = of => StrategyCatalogue.Create(strategy, of),
            Mutant = mutant,
        }).Run();

    internal static string Text(Found? found) => found is null ? "held"
        : $"{found.Violation.Invariant}: {found.Violation.What}{Environment.NewLine}"
            + string.Join(Environment.NewLine, found.Violation.Details.Concat(TraceColumns.Lines(found.Trace)));
}
