using System.CommandLine;
using System.CommandLine.Parsing;
using Iommu.Cli.CommandLine;
using Iommu.TestKit.Explore;
using Iommu.TestKit.Explore.Mutants;
using Iommu.TestKit.Explore.Scenarios;
using Iommu.TestKit.Explore.Strategies;
using Iommu.TestKit.Explore.Traces;

namespace Iommu.Cli.Explore;

/// <summary><c>iommu explore</c>: searches the interleavings of scenarios for one that breaks an invariant.</summary>
internal sealed class ExploreCommand
{
    private const int SchedulesStandard = 1_000;

    private static readonly string Scenarios = string.Join(", ", ScenarioCatalogue.All.Select(scenario => scenario.Name));
    private static readonly string Mutants = string.Join(", ", MutantCatalogue.All.Select(mutant => mutant().Name));

    private readonly Option<string> _scenario = new("--scenario")
    {
        HelpName = "NAME",
        Description = $"What is searched: {Scenarios} (default: {Names.All}, or the one of the mutant)",
        CustomParser = result => Names.Parse(
            result, "--scenario", name => name == Names.All || ScenarioCatalogue.Find(name) is not null, $"{Names.All}, {Scenarios}"),
    };
    private readonly Option<string> _strategy = new("--strategy")
    {
        HelpName = "NAME",
        Description = $"How: {string.Join(", ", StrategyCatalogue.Names)} (default: {StrategyCatalogue.Standard})",
        CustomParser = result => Names.Parse(
            result, "--strategy", StrategyCatalogue.Names.Contains, string.Join(", ", StrategyCatalogue.Names)),
        DefaultValueFactory = _ => StrategyCatalogue.Standard,
    };
    private readonly Option<string?> _mutant = new("--mutant")
    {
        HelpName = "NAME",
        Description = $"Put a known bug back, which is to be found: {Mutants}",
        CustomParser = result => Names.Parse(result, "--mutant", name => MutantCatalogue.Find(name) is not null, Mutants),
    };
    private readonly Option<int> _schedules = Numbers.Option(
        "--schedules", "N", "Schedules of each scenario", 1, 1_000_000_000, SchedulesStandard);
    private readonly Option<double?> _seconds = Numbers.Optional(
        "--seconds", "S", "For how long, all scenarios together; --schedules is no limit then unless it is given", 0.1, 1_000_000.0);
    private readonly Option<int> _seed = Numbers.Option("--seed", "N", "Where the choices come from", 0, int.MaxValue, 1);
    private readonly Option<string?> _save = new("--save")
    {
        HelpName = "FILE", Description = "Write the schedule that is found, for replay",
    };
    private readonly Option<string?> _json = new("--json") { HelpName = "FILE", Description = "Write the figures as JSON" };
    private readonly Option<string?> _report = new("--report")
    {
        HelpName = "FILE.html",
        Description = "Write a page with the figures, and the schedule that is found as a sequence diagram",
    };
    private readonly Terminal _terminal;

    private ExploreCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var explore = new ExploreCommand(terminal);
        var command = new Command("explore", "Search interleavings for one that breaks an invariant")
        {
            explore._scenario, explore._strategy, explore._schedules, explore._seconds, explore._seed, explore._mutant, explore._save,
            explore._json, explore._report,
        };
        command.SetAction((parsed, cancel) => Task.FromResult(explore.Run(parsed, cancel)));
        return command;
    }

    private int Run(ParseResult parsed, CancellationToken cancel)
    {
        var (save, json, report) = (parsed.GetValue(_save), parsed.GetValue(_json), parsed.GetValue(_report));
        OutputFile.CheckDistinct(("--save", save), ("--json", json), ("--report", report));
        foreach (var (option, path) in new[] { ("--save", save), ("--json", json), ("--report", report) }) OutputFile.Check(option, path);
        var mutant = parsed.GetValue(_mutant) is { } name ? MutantCatalogue.Find(name) : null;
        var scenarios = Chosen(parsed.GetValue(_scenario), mutant);
        var strategy = parsed.GetValue(_strategy)!;
        var seconds = parsed.GetValue(_seconds);
        var options = new ExploreOptions
        {
            Schedules = seconds is null || parsed.GetResult(_schedules) is { Implicit: false } ? parsed.GetValue(_schedules) : int.MaxValue,
            Time = seconds is { } all ? TimeSpan.FromSeconds(all / scenarios.Count) : null,
            Seed = parsed.GetValue(_seed),
            Strategy = seed => StrategyCatalogue.Create(strategy, seed),
            Mutant = mutant,
        };
        ExploreBanner.Write(_terminal, scenarios, strategy, options);
        var progress = new ExploreProgress(_terminal);
        var results = new List<ScenarioResult>();
        foreach (var scenario in scenarios)
        {
            results.Add(progress.Show(scenario, report => new Explorer(scenario, options).Run(report, cancel)));
            if (results[^1].Found is not null || cancel.IsCancellationRequested) break;
        }
        var found = results[^1].Found;
        if (found is not null && save is not null) File.WriteAllText(save, TraceFile.Write(found.Trace));
        var rerun = ExploreBanner.Rerun(results, parsed.GetValue(_scenario), strategy, options);
        if (json is not null) File.WriteAllText(json, ExploreJson.Write(results));
        if (report is not null) File.WriteAllText(report, ExploreReport.Write(results, rerun));
        ExploreSummary.Write(_terminal, results, rerun, (save, json, report));
        return found is null ? ExitCode.Held : ExitCode.Broken;
    }

    private static IReadOnlyList<Scenario> Chosen(string? name, Func<Mutant>? mutant) => (name, mutant) switch
    {
        (null, { } broken) => [ScenarioCatalogue.Find(broken().Scenario)!],
        (null or Names.All, _) => ScenarioCatalogue.All,
        _ => [ScenarioCatalogue.Find(name)!],
    };
}
