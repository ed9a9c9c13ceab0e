using Iommu.TestKit.Explore;
using Iommu.TestKit.Explore.Scenarios;
using Iommu.TestKit.Explore.Strategies;
using Iommu.TestKit.Explore.Traces;

namespace Iommu.Tests.Replay.Explore;

/// <summary>
/// The same seed is the same run, byte for byte: 10,000 seeds when IOMMU_EXPLORE is "full", over all scenarios and strategies, each twice.
/// Between processes, fingerprints of whole searches are compared (Tests/Replay/Cli/ExploreCommandTests.cs).
/// </summary>
public class SameSeedTests
{
    private const int RunsFull = 10_000;
    private const int SchedulesEach = 2;

    private static readonly int Runs = Environment.GetEnvironmentVariable("IOMMU_EXPLORE") == "full"
        ? RunsFull / ScenarioCatalogue.All.Count + 1 : 16;

    public static TheoryData<string> Scenarios => [.. ScenarioCatalogue.All.Select(scenario => scenario.Name)];

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void The_same_seed_is_the_same_run_byte_for_byte(string name)
    {
        var strategies = StrategyCatalogue.Names.ToList();
        var seen = new HashSet<string>();
        for (var seed = 0; seed < Runs; seed++)
        {
            var strategy = strategies[seed % strategies.Count];
            var trace = Run(name, strategy, seed);
            Assert.True(trace == Run(name, strategy, seed), $"{strategy}, seed {seed}, is not what it was");
            seen.Add(trace);
        }
        // Otherwise this would hold for a seed that is not looked at.
        Assert.True(seen.Count > 2, $"{seen.Count} different runs of {Runs} seeds");
    }

    /// <summary>The first schedules of a search: every turn, its message in words and who has told it.</summary>
    private static string Run(string scenario, string name, long seed)
    {
        var strategy = StrategyCatalogue.Create(name, seed);
        var lines = new List<string>();
        for (var i = 0; i < SchedulesEach && strategy.Begin(i); i++)
        {
            var recorder = new StepRecorder();
            var run = new ScheduleRun(ScenarioCatalogue.Find(scenario)!, null, strategy, new HistoryJudge(), recorder);
            run.Run();
            lines.AddRange(recorder.Steps.Select(step => step.ToString()));
            lines.Add($"{run.Choices.Order:x16} {run.Violation?.What ?? "held"}");
        }
        return string.Join('\n', lines);
    }
}
