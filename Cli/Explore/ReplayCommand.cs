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
    private readonly Option<string?> _mermaid = new("--mermaid")
    {
        HelpName = "FILE.mmd", Description = "Write the sequence diagram in Mermaid's language",
    };
    private readonly Terminal _terminal;

    private ReplayCommand(Terminal terminal) => _terminal = terminal;

    public static Command Create(Terminal terminal)
    {
        var replay = new ReplayCommand(terminal);
        var command = new Command("replay", "Run the schedule of a trace again, turn for turn")
        {
            replay._file, replay._report, replay._mermaid,
        };
        command.SetAction(parsed => replay.Run(
            parsed.GetValue(replay._file)!, parsed.GetValue(replay._report), parsed.GetValue(replay._mermaid)));
        return command;
    }

    private int Run(string file, string? report, string? mermaid)
    {
        OutputFile.CheckDistinct(("FILE", file), ("--report", report), ("--mermaid", mermaid));
        OutputFile.Check("--report", report);
        OutputFile.Check("--mermaid", mermaid);
        var trace = Read(file);
        var replayer = new Replayer(ScenarioOf(trace, file), MutantOf(trace, file));
        try
        {
            var found = replayer.Repeat(trace).Violation;
            ExploreSummary.Write(_terminal.Output, trace with { Violation = found ?? trace.Violation });
            Write("report", report, ExploreReport.Write(trace));
            Write("mermaid", mermaid, Mermaid.Write(trace));
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

    private void Write(string what, string? path, string content)
    {
        if (path is null) return;
        File.WriteAllText(path, content);
        _terminal.Output.WriteLine($"{what,-10} {path}");
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
