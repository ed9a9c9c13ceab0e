using System.CommandLine;
using System.CommandLine.Parsing;
using Iommu.Actors.Journals;
using Iommu.Cli.CommandLine;
using Iommu.Cli.Html;
using Iommu.TestKit.Crash;

namespace Iommu.Cli.Crash;

/// <summary><c>iommu crash</c>: kills simulators, recovers what their journals have, and compares with what they had answered.</summary>
internal sealed class CrashCommand
{
    private const int RunsStandard = 20;
    private const int ProcessesStandard = 2;

    private static readonly string Points = string.Join(", ", CrashPoints.All.Select(point => point.Name()));

    private readonly Option<int> _runs = Numbers.Option(
        "--runs", "N", "How often a process is killed; with --simulated, crashes in random calls", 1, 10_000_000,
        RunsStandard);
    private readonly Option<int> _seed = Numbers.Option(
        "--seed", "N", "Where the calls and the points come from; the moment of a kill from outside is the machine's", 0,
        int.MaxValue / 64, 1);
    private readonly Option<int> _processes = Numbers.Option(
        "--processes", "N", "Processes that are killed beside each other, each with a journal of its own", 1,
        CrashJournals.ProcessesMax, ProcessesStandard);
    private readonly Option<CrashPoint?> _point = new("--point")
    {
        HelpName = "NAME",
        Description = $"Where every process is killed: {Points} (default: all of them in turn)",
        CustomParser = Parse,
    };
    private readonly Option<string?> _journal = new("--journal")
    {
        HelpName = "FILE|CONNECTION",
        Description = $"The SQLite file of the journal, or a PostgreSQL connection string (Host=...); default: a fresh "
            + CrashJournals.Standard,
    };
    private readonly Option<string?> _json = new("--json") { HelpName = "FILE", Description = "Write the figures as JSON" };
    private readonly Option<string?> _report = new("--report")
    {
        HelpName = "FILE.html",
        Description = "Write a page with the figures, and the graph before and after the last kill",
    };
    private readonly SimulatedCrashSwitches _simulated = new();
    private readonly Terminal _terminal;

    private CrashCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var crash = new CrashCommand(terminal);
        var command = new Command("crash", "Kill simulators, recover what their journals have, and compare with what was acknowledged")
        {
            crash._runs, crash._seed, crash._point, crash._processes, crash._journal, crash._json, crash._report,
        };
        foreach (var option in crash._simulated.All) command.Add(option);
        command.SetAction(crash.RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancel)
    {
        var (json, report) = (parsed.GetValue(_json), parsed.GetValue(_report));
        var journal = parsed.GetValue(_journal) ?? CrashJournals.Standard;
        OutputFile.CheckDistinct(
            ("--journal", ReadOnlyJournal.IsPostgres(journal) ? null : journal), ("--json", json), ("--report", report));
        OutputFile.Check("--json", json);
        OutputFile.Check("--report", report);
        int? typed = parsed.GetResult(_runs) is { Implicit: false } ? parsed.GetValue(_runs) : null;
        if (_simulated.Start(parsed, [_point, _processes, _journal], typed, parsed.GetValue(_seed), _terminal, (json, report), cancel)
            is { } simulated) return await simulated;
        var runs = parsed.GetValue(_runs);
        var options = new CrashOptions
        {
            Runs = runs,
            Seed = parsed.GetValue(_seed),
            Point = parsed.GetValue(_point),
            Journals = CrashJournals.Prepare(journal, Math.Min(runs, parsed.GetValue(_processes))),
            Command = IommuCommand.CommandLine(CrashWorkloadCommand.Name),
        };
        CrashBanner.Write(_terminal, options);
        var result = await CrashRun.RunAsync(options, new CrashProgress(_terminal), cancel);
        var rerun = CrashBanner.Rerun(options, journal);
        return CrashSummary.Finish(_terminal, result, rerun, json, report);
    }

    private static CrashPoint? Parse(ArgumentResult result)
    {
        if (CrashPoints.Find(result.Tokens[0].Value) is { } point) return point;
        result.AddError($"--point is '{result.Tokens[0].Value}'; it takes {Points}.");
        return null;
    }
}
