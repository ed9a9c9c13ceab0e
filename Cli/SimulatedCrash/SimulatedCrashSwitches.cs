using System.CommandLine;
using System.CommandLine.Parsing;
using Iommu.Cli.CommandLine;
using Iommu.TestKit.Crash.Simulated;

namespace Iommu.Cli.Crash;

/// <summary><c>iommu crash --simulated</c>: simulators that are stopped before any of their turns, in place of processes.</summary>
internal sealed class SimulatedCrashSwitches
{
    private const string RandomCalls = "random";

    /// <summary>A fault need not show in every order.</summary>
    private const int InterleavingsWithFault = 100;

    private readonly Option<bool> _simulated = new("--simulated")
    {
        Description = "Stop simulators of a deterministic run before any turn, instead of killing processes",
    };
    private readonly Option<string?> _scenario = new("--scenario")
    {
        HelpName = "NAME",
        Description = $"With --simulated, what is crashed: before every turn {CrashScenarios.Names}, or {Names.All} of them; or at random "
            + $"turns {RandomCalls} calls (default: {Names.All} and {RandomCalls}, or the one of the fault)",
        CustomParser = result => Names.Parse(result, "--scenario",
            name => name is Names.All or RandomCalls || CrashScenarios.Find(name) is not null,
            $"{Names.All}, {RandomCalls}, {CrashScenarios.Names}"),
    };
    private readonly Option<int?> _interleavings = Numbers.Optional(
        "--interleavings", "N", "With --simulated, orders of each scenario, with seeds from --seed on (default: 1)", 1, 1_000_000);
    private readonly Option<bool> _actors = new("--actors")
    {
        Description = "With --simulated, throw down one actor of a context at a time in random calls, and not the simulator",
    };
    private readonly Option<string?> _fault = new("--fault")
    {
        HelpName = "NAME",
        Description = $"With --simulated, plant a fault in the journal, which is to be found: {PlantedJournalFault.Names}",
        CustomParser = result => Names.Parse(
            result, "--fault", name => PlantedJournalFault.Find(name) is not null, PlantedJournalFault.Names),
    };

    public IEnumerable<Option> All => [_simulated, .. Others];

    private IEnumerable<Option> Others => [_scenario, _interleavings, _actors, _fault];

    /// <param name="parsed">What was typed.</param>
    /// <param name="realOnly">Switches that are for processes that are killed.</param>
    /// <param name="runs">Crashes in random calls; null when that was not typed.</param>
    /// <param name="seed">Where everything comes from.</param>
    /// <param name="terminal">Where to write.</param>
    /// <param name="files">Where to write the figures, and the page; null for nowhere.</param>
    /// <param name="cancel">Ends the run early, with its summary.</param>
    /// <returns>Null when nobody asks for a simulated crash; else see <see cref="ExitCode"/>.</returns>
    /// <exception cref="InputException">Switches do not go together.</exception>
    public Task<int>? Start(
        ParseResult parsed, Option[] realOnly, int? runs, int seed, Terminal terminal, (string? Json, string? Report) files,
        CancellationToken cancel)
    {
        var asked = parsed.GetValue(_simulated);
        if ((asked ? realOnly : Others).FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } stray)
            throw new InputException(asked
                ? $"{stray.Name} is for processes that are killed; --simulated comes to every point, with a journal in memory"
                : $"{stray.Name} is for simulated crashes: add --simulated");
        return asked ? RunAsync(Options(parsed, runs, seed), terminal, files, cancel) : null;
    }

    private static async Task<int> RunAsync(
        SimulatedCrashOptions options, Terminal terminal, (string? Json, string? Report) files, CancellationToken cancel)
    {
        SimulatedCrashBanner.Write(terminal, options);
        var run = new SimulatedCrashRun(options, new CrashProgress(terminal, "crashes"));
        var result = await run.RunAsync(cancel);
        return CrashSummary.Finish(terminal, result, SimulatedCrashBanner.Rerun(run.Repeats), files.Json, files.Report);
    }

    private SimulatedCrashOptions Options(ParseResult parsed, int? runs, int seed)
    {
        var (name, actors) = (parsed.GetValue(_scenario), parsed.GetValue(_actors));
        var fault = parsed.GetValue(_fault) is { } planted ? PlantedJournalFault.Find(planted) : null;
        if (name is null && actors) name = RandomCalls;
        if (name is null && fault is not null) name = runs is null ? fault.Scenario : RandomCalls;
        var options = new SimulatedCrashOptions { Seed = seed, Actors = actors, Fault = fault };
        var scenarios = name switch
        {
            null or Names.All => CrashScenarios.All,
            RandomCalls => [],
            _ => [CrashScenarios.Find(name)!],
        };
        if (actors && scenarios.Count > 0) throw new InputException("--actors are thrown down in random calls, not in a scenario");
        if (runs is not null && name is not null and not RandomCalls)
            throw new InputException($"--runs counts crashes in random calls; --scenario {name} is crashed before every turn");
        if (scenarios.Count == 0 && parsed.GetValue(_interleavings) is not null)
            throw new InputException("--interleavings counts orders of a scenario; random calls take --runs");
        return options with
        {
            Scenarios = scenarios,
            Interleavings = parsed.GetValue(_interleavings) ?? (fault is null ? 1 : InterleavingsWithFault),
            Runs = name is null or RandomCalls ? runs ?? options.Runs : 0,
        };
    }
}
