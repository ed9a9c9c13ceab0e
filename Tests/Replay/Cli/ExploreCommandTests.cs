using System.Diagnostics;
using System.Text.Json;
using Iommu.Cli;
using Iommu.Tests.Cli;

namespace Iommu.Tests.Replay.Cli;

/// <summary>What a user of explore and replay types, sees and keeps.</summary>
public sealed class ExploreCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("--scenario", "x", "--scenario is 'x'; it takes all, ")]
    [InlineData("--strategy", "dice", "--strategy is 'dice'; it takes random, pct")]
    [InlineData("--mutant", "B99", "--mutant is 'B99'; it takes B01")]
    [InlineData("--schedules", "0", "--schedules is '0'")]
    [InlineData("--seconds", "-1", "--seconds is '-1'")]
    [InlineData("--save", "/", "--save")]
    public async Task What_cannot_be_searched_is_refused(string flag, string value, string says) =>
        (await CommandRun.OfAsync("explore", flag, value)).AssertRefused(says);

    [Fact]
    public async Task A_search_that_finds_nothing_says_what_held()
    {
        var run = await CommandRun.OfAsync(
            "explore", "--scenario", "destroy-parent", "--schedules", "20", "--json", _folder["j"], "--report", _folder["r.html"]);

        Assert.Equal((ExitCode.Held, ""), (run.Exit, run.Error));
        Assert.Contains("held: every checked invariant, in 20 schedules", run.Output);
        var figures = Figures(_folder["j"]);
        Assert.Equal(20, figures.GetProperty("schedules_total").GetInt64());
        Assert.Equal(JsonValueKind.Null, figures.GetProperty("violation").ValueKind);
        Assert.Contains("destroy-parent", File.ReadAllText(_folder["r.html"]));
    }

    [Fact]
    public async Task A_search_of_so_many_schedules_and_seconds_ends_with_the_first_of_both()
    {
        var run = await CommandRun.OfAsync("explore", "--scenario", "destroy-parent", "--schedules", "5", "--seconds", "3600");

        Assert.Contains("in 5 schedules", run.Output);
    }

    [Fact]
    public async Task What_is_found_can_be_found_again_by_the_printed_command_and_replayed_from_its_file()
    {
        var run = await CommandRun.OfAsync(
            "explore", "--mutant", "B04", "--seconds", "600", "--save", _folder["t"], "--json", _folder["j"]);
        Assert.Equal(ExitCode.Broken, run.Exit);
        const string Again = "run it again: dotnet run --project Cli -p:ActorRuntime=Replay -- ";
        var line = run.Output.Split('\n').Single(line => line.StartsWith(Again, StringComparison.Ordinal));

        var again = await CommandRun.OfAsync([.. line[Again.Length..].Split(' '), "--save", _folder["t2"], "--json", _folder["j2"]]);

        Assert.Equal(ExitCode.Broken, again.Exit);
        Assert.Equal(File.ReadAllText(_folder["t"]), File.ReadAllText(_folder["t2"]));
        Assert.Equal(Fingerprint(_folder["j"]), Fingerprint(_folder["j2"]));
        var replay = await CommandRun.OfAsync("replay", _folder["t"], "--mermaid", _folder["m"], "--report", _folder["r.html"]);
        Assert.Equal(ExitCode.Broken, replay.Exit);
        Assert.Contains("BROKEN: linearizability, as recorded", replay.Output);
        Assert.StartsWith("sequenceDiagram", File.ReadAllText(_folder["m"]));
    }

    [Fact]
    public async Task A_file_that_is_no_schedule_is_refused()
    {
        (await CommandRun.OfAsync("replay", _folder["none"])).AssertRefused("there is no such file");
        File.WriteAllText(_folder["other"], "{\"format\":\"something\"}");
        (await CommandRun.OfAsync("replay", _folder["other"])).AssertRefused(_folder["other"], "it does not say that it is a schedule");
    }

    [Fact]
    public async Task Two_processes_search_the_same_by_the_same_seed()
    {
        var searches = await Task.WhenAll(SearchElsewhere("1"), SearchElsewhere("2"));

        Assert.Equal(searches[0], searches[1]);
        Assert.Equal(searches[0].Count, searches[0].Distinct().Count());
    }

    private async Task<List<string>> SearchElsewhere(string name)
    {
        var command = IommuCommand.CommandLine(
            "explore", "--schedules", "25", "--seed", "77", "--strategy", "pct", "--json", _folder[name]);
        using var process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardOutput = true,
        })!;
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(ExitCode.Held, process.ExitCode);
        using var json = JsonDocument.Parse(File.ReadAllText(_folder[name]));
        return [.. json.RootElement.GetProperty("scenarios").EnumerateArray().Select(it => it.GetProperty("fingerprint").GetString()!)];
    }

    private static string? Fingerprint(string file) => Figures(file).GetProperty("fingerprint").GetString();

    private static JsonElement Figures(string file)
    {
        using var json = JsonDocument.Parse(File.ReadAllText(file));
        return json.RootElement.GetProperty("scenarios")[0].Clone();
    }
}
