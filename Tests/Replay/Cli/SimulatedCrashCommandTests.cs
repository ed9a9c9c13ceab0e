using System.Text.Json;
using System.Xml.Linq;
using Iommu.Cli;
using Iommu.Tests.Cli;

namespace Iommu.Tests.Replay.Cli;

/// <summary><c>iommu crash --simulated</c>: figures, findings, and what repeats them.</summary>
public sealed class SimulatedCrashCommandTests : IDisposable
{
    private const string Rerun = "run it again: dotnet run --project Cli -p:ActorRuntime=Replay -- ";

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_scenario_is_crashed_before_every_turn_and_has_the_figures_of_a_real_run()
    {
        var (json, report) = (_folder["figures.json"], _folder["report.html"]);

        var run = await RunAsync("--scenario", "ioas-alloc", "--interleavings", "2", "--json", json, "--report", report);

        Assert.True(run.Exit == ExitCode.Held, run.Output + run.Error);
        var figures = JsonDocument.Parse(File.ReadAllText(json)).RootElement;
        var runs = figures.GetProperty("runs").GetInt32();
        Assert.Contains($"held: I13, after {runs:N0} simulated crashes", run.Output, StringComparison.Ordinal);
        Assert.True(figures.GetProperty("simulated").GetBoolean());
        Assert.Equal(runs, figures.GetProperty("crashes").EnumerateObject().Sum(point => point.Value.GetInt32()));
        Assert.All(["in-recovery", "in-commit", "after-commit", "between-writes"],
            point => Assert.True(figures.GetProperty("crashes").GetProperty(point).GetInt32() > 0));
        Assert.All(["lost_ops", "phantom_objects", "graph_mismatches", "duplicate_effects", "hung_callers"],
            name => Assert.Equal(0, figures.GetProperty(name).GetInt32()));
        Assert.All(["acknowledged_ops_total", "events_replayed_total", "recoveries_total"],
            name => Assert.True(figures.GetProperty(name).GetInt64() > 0));
        Assert.True(figures.GetProperty("recovery_ms").GetProperty("p50").GetDouble() > 0);
        Assert.Contains("simulated crashes", XDocument.Load(report).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--scenario", "random", "--runs", "20")]
    [InlineData("--actors", "--runs", "20")]
    public async Task Random_crashes_are_as_many_as_were_asked_for(params string[] args)
    {
        var run = await RunAsync(args);

        Assert.True(run.Exit == ExitCode.Held, run.Output + run.Error);
        Assert.Contains("held: I13, after 20 simulated crashes", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--fault", "reply-early")]
    [InlineData("--fault", "forget-event")]
    [InlineData("--fault", "drop-edge")]
    [InlineData("--fault", "forget-event", "--runs", "600")]
    public async Task A_planted_fault_is_found_and_the_line_that_repeats_it_finds_the_same(params string[] args)
    {
        var run = await RunAsync(args);

        Assert.True(run.Exit == ExitCode.Broken, run.Output + run.Error);
        var rerun = run.Output.Split('\n').Single(line => line.StartsWith(Rerun, StringComparison.Ordinal))[Rerun.Length..];
        var again = await CommandRun.OfAsync(rerun.Split(' '));
        Assert.Equal(ExitCode.Broken, again.Exit);
        Assert.Equal(Findings(run), Findings(again));
    }

    [Theory]
    [InlineData("--point is for processes that are killed", "--point", "random")]
    [InlineData("--journal is for processes that are killed", "--journal", "x.db")]
    [InlineData("--scenario is 'nothing'; it takes all, random, bind-unbind", "--scenario", "nothing")]
    [InlineData("--fault is 'nothing'; it takes reply-early", "--fault", "nothing")]
    [InlineData("--runs counts crashes in random calls", "--scenario", "copy", "--runs", "7")]
    [InlineData("--actors are thrown down in random calls", "--scenario", "copy", "--actors")]
    [InlineData("--interleavings counts orders of a scenario", "--actors", "--interleavings", "2")]
    public async Task What_does_not_go_together_is_refused(string says, params string[] args) =>
        (await RunAsync(args)).AssertRefused(says);

    [Fact]
    public async Task A_switch_of_simulated_crashes_is_refused_without_them() =>
        (await CommandRun.OfAsync("crash", "--scenario", "copy")).AssertRefused("--scenario is for simulated crashes: add --simulated");

    private static Task<CommandRun> RunAsync(params string[] args) => CommandRun.OfAsync(["crash", "--simulated", .. args]);

    private static string Findings(CommandRun run) =>
        string.Join('\n', run.Output.Split('\n').SkipWhile(line => !line.StartsWith("I13 broken", StringComparison.Ordinal))
            .TakeWhile(line => !line.StartsWith(Rerun, StringComparison.Ordinal)));
}
