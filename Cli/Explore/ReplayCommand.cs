using System.CommandLine;
using Iommu.Cli.CommandLine;
using Iommu.TestKit.Explore.Mutants;
using Iommu.TestKit.Explore.Scenarios;
using Iommu.TestKit.Explore.Traces;

namespace Iommu.Cli.Explore;

/// <summary><c>iommu replay FILE</c>: the schedule of a trace once more, turn for turn.</summary>
internal sealed class ReplayCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "What explore --save has written" };
    private readonly Option<string?> _report = new("--report")
    {
        HelpName = "FILE.html", Description = "Write a page with the schedule as a sequence diagram",
    };
    private readonly Terminal _terminal;

    private ReplayCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var replay = new ReplayCommand(terminal);
        var command = new Command("replay", "Run the schedule of a trace again, turn for turn") { replay._file, replay._report };
        command.SetAction(parsed => replay.Run(parsed.GetValue(replay._file)!, parsed.GetValue(replay._report)));
        return command;
    }

    private int Run(string file, string? report)
    {
        OutputFile.CheckDistinct(("FILE", file), ("--report", report));
        OutputFile.Check("--report", report);
        var trace = Read(file);
        var replayer = new Replayer(ScenarioOf(trace, file), MutantOf(trace, file));
        try
        {
            var found = replayer.Repeat(trace).Violation;
            ExploreSummary.Write(_terminal.Output, trace with { Violation = found ?? trace.Violation });
            if (report is not null) File.WriteAllText(report, ExploreReport.Write(trace));
            if (report is not null) _terminal.Output.WriteLine($"report     {report}");
            _terminal.Output.WriteLine(found is null
                ? "held: the schedule is the same turn for turn, and breaks nothing any more"
                : $"BROKEN: {found.Invariant}, as recorded ({trace.Steps.Count} turns, {trace.Deviations.Count} decisive)");
            return found is null ? ExitCode.Held : ExitCode.Broken;
        }
        catch (TraceException parted)
        {
            throw new InputException($"{file}: {parted.Message}");
        }
    }

    private static Trace Read(string file)
    {
        if (!File.Exists(file)) throw new InputException($"{file}: there is no such file; explore --save FILE writes one");
        try
        {
            return TraceFile.Read(File.ReadAllText(file));
        }
        catch (TraceException e)
        {
            throw new InputException($"{file}: {e.Message}");
        }
    }

    private static TestKit.Explore.Scenario ScenarioOf(Trace trace, string file) => ScenarioCatalogue.Find(trace.Scenario)
        ?? throw new InputException($"{file}: this build has no scenario '{trace.Scenario}'");

    private static Func<Mutant>? MutantOf(Trace trace, string file) => trace.Mutant is not { } name ? null
        : MutantCatalogue.Find(name) ?? throw new InputException($"{file}: this build has no mutant '{name}'");
}
