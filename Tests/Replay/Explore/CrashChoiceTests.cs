using Iommu.TestKit.Explore;
using Iommu.TestKit.Explore.Mutants;
using Iommu.TestKit.Explore.Scenarios;
using Iommu.TestKit.Explore.Strategies;
using Iommu.TestKit.Explore.Traces;

namespace Iommu.Tests.Replay.Explore;

/// <summary>A crash is a choice like any other: it is searched, written down, repeated and left out (I13).</summary>
public class CrashChoiceTests
{
    private const string Journal = "/system/simulated";

    [Fact]
    public void A_reply_before_the_commit_is_found_by_a_crash_between_them()
    {
        var found = ExplorerTests.Search("crash-create", "random", schedules: 10_000, mutant: MutantCatalogue.Find("J1")).Found!;
        Assert.Equal("I13", found.Violation.Invariant);
        var trace = found.Trace;
        // A write of the journal comes late, and the crash before it.
        Assert.InRange(trace.Deviations.Count, 2, 5);
        Assert.Contains(trace.Deviations.Delays, delay => delay.Turn.Actor == Journal);
        Assert.Contains(trace.Deviations.Happenings, happening => happening.What == "crash");
        Assert.Contains(trace.Steps, step => step.Text.StartsWith("the simulator crashes", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("J1")]
    [InlineData("J2")]
    public void A_schedule_with_a_crash_repeats_100_times_of_100(string name)
    {
        var mutant = MutantCatalogue.Find(name)!;
        var scenario = ScenarioCatalogue.Find(mutant().Scenario)!;
        var found = ExplorerTests.Search(scenario.Name, "random", schedules: 10_000, mutant: mutant).Found!;
        var trace = TraceFile.Read(TraceFile.Write(found.Trace));
        Assert.Equal("I13", trace.Violation.Invariant);
        for (var i = 0; i < 100; i++) Assert.Equal(trace.Violation.What, new Replayer(scenario, mutant).Repeat(trace).Violation?.What);
    }

    [Theory]
    [InlineData("random")]
    [InlineData("pct")]
    [InlineData("delay")]
    [InlineData("exhaustive")]
    public void Every_strategy_crashes_in_recoveries_too(string name)
    {
        var strategy = StrategyCatalogue.Create(name, 1);
        var crashes = new int[3];
        for (var i = 0; i < 400 && strategy.Begin(i); i++)
        {
            var run = new ScheduleRun(ScenarioCatalogue.Find("crash-create")!, null, strategy, new HistoryJudge());
            run.Run();
            Assert.True(run.Violation is null, $"{run.Violation}");
            crashes[run.Choices.Happenings.Count(it => it.What == "crash")]++;
        }
        // The search by depth begins with the last choices.
        Assert.True(crashes[0] + crashes[1] + crashes[2] > 100 && crashes[1] > 0, string.Join(", ", crashes));
        if (name != "exhaustive") Assert.True(crashes[2] > 0, string.Join(", ", crashes));
    }
}
