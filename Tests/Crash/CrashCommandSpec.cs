using System.Text.Json;
using System.Xml.Linq;
using Iommu.Cli;
using Iommu.TestKit.Crash;
using Iommu.Tests.Cli;
using Iommu.Tests.Conformance.Persistence;

namespace Iommu.Tests.Crash;

/// <summary>Processes that are really killed: what had been acknowledged is there again.</summary>
public abstract class CrashCommandSpec
{
    protected abstract string Journal { get; }

    protected abstract int Kills { get; }

    [StoreFact]
    public async Task Killed_at_any_moment_a_simulator_recovers_what_was_acknowledged()
    {
        using var folder = new TempFolder();
        var (json, report) = (folder["figures.json"], folder["report.html"]);

        var run = await CommandRun.OfAsync(
            "crash", "--runs", $"{Kills}", "--seed", "5", "--journal", Journal, "--json", json, "--report", report);

        Assert.True(run.Exit == ExitCode.Held, run.Output + run.Error);
        Assert.Contains($"held: I13, after {Kills} kills", run.Output, StringComparison.Ordinal);
        var figures = JsonDocument.Parse(File.ReadAllText(json)).RootElement;
        Assert.Equal(Kills, figures.GetProperty("runs").GetInt32());
        Assert.Equal(Kills, figures.GetProperty("crashes").EnumerateObject().Sum(point => point.Value.GetInt32()));
        Assert.All(["lost_ops", "phantom_objects", "graph_mismatches", "duplicate_effects", "hung_callers"],
            name => Assert.Equal(0, figures.GetProperty(name).GetInt32()));
        Assert.True(figures.GetProperty("acknowledged_ops_total").GetInt64() > 0);
        Assert.True(figures.GetProperty("events_replayed_total").GetInt64() > 0);
        Assert.True(figures.GetProperty("recovery_ms").GetProperty("p50").GetDouble() > 0);
        Assert.Contains("crash 0", XDocument.Load(report).ToString(), StringComparison.Ordinal);
    }
}

public sealed class CrashCommandOnSqlite : CrashCommandSpec, IDisposable
{
    private readonly TempFolder _folder = new();

    protected override string Journal => _folder["journal.db"];

    protected override int Kills => 10;

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Points =>
        [.. CrashPoints.All.Where(point => point != CrashPoint.Random).Select(point => point.Name())];

    [Theory]
    [MemberData(nameof(Points))]
    public async Task Every_point_is_come_to(string point)
    {
        var json = _folder["figures.json"];

        var run = await CommandRun.OfAsync("crash", "--runs", "3", "--processes", "1", "--seed", "2", "--point", point,
            "--journal", Journal, "--json", json);

        Assert.True(run.Exit == ExitCode.Held, run.Output + run.Error);
        var crashes = JsonDocument.Parse(File.ReadAllText(json)).RootElement.GetProperty("crashes");
        Assert.True(crashes.TryGetProperty(point, out var count) && count.GetInt32() > 0, run.Output);
    }

    [Theory]
    [InlineData("--point is 'nowhere'; it takes random, before-commit", "--point", "nowhere")]
    [InlineData("--runs is '0'", "--runs", "0")]
    [InlineData("--journal /: this is a directory", "--journal", "/")]
    [InlineData("--json and --report name one file", "--json", "same", "--report", "./same")]
    public async Task What_cannot_be_done_is_refused_before_anything_is_killed(string says, params string[] args) =>
        (await CommandRun.OfAsync(["crash", .. args])).AssertRefused(says);

    [Fact]
    public async Task A_file_that_is_there_is_not_replaced()
    {
        File.WriteAllText(Journal, "mine");

        (await CommandRun.OfAsync("crash", "--journal", Journal)).AssertRefused("this file exists");

        Assert.Equal("mine", File.ReadAllText(Journal));
    }
}

public sealed class CrashCommandOnPostgres : CrashCommandSpec
{
    protected override string Journal => Environment.GetEnvironmentVariable(PostgresStore.Variable)!;

    protected override int Kills => 5;
}
