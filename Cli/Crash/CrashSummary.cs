using Iommu.Cli.Html;
using Iommu.TestKit.Crash;
using Spectre.Console;

namespace Iommu.Cli.Crash;

/// <summary>The page of numbers that a run ends with.</summary>
internal static class CrashSummary
{
    private const int ViolationsShown = 5;

    /// <summary>Writes the files of a run and then the page of numbers.</summary>
    /// <param name="terminal">Where to.</param>
    /// <param name="result">What the run came to.</param>
    /// <param name="rerun">The command that does the same again.</param>
    /// <param name="json">The file for the figures; null for none.</param>
    /// <param name="report">The file for the page; null for none.</param>
    /// <returns>See <see cref="ExitCode"/>.</returns>
    public static int Finish(Terminal terminal, CrashResult result, string rerun, string? json, string? report)
    {
        if (json is not null) File.WriteAllText(json, CrashJson.Write(result));
        if (report is not null) File.WriteAllText(report, CrashReport.Write(result, rerun));
        Write(terminal, result, rerun, json, report);
        return result.Held ? ExitCode.Held : ExitCode.Broken;
    }

    private static void Write(Terminal terminal, CrashResult result, string rerun, string? json, string? report)
    {
        terminal.Console.Write(Figures(result));
        terminal.Console.Write(Faults(result));
        foreach (var violation in result.Violations.Take(ViolationsShown)) Write(terminal.Output, violation);
        if (result.Violations.Count > ViolationsShown)
            terminal.Output.WriteLine($"and {result.Violations.Count - ViolationsShown} more: see --json or --report");
        if (!result.Held) terminal.Output.WriteLine($"run it again: {rerun}");
        if (json is not null) terminal.Output.WriteLine($"figures    {json}");
        if (report is not null) terminal.Output.WriteLine($"report     {report}");
        terminal.Output.WriteLine($"{(result.Held ? "held" : "BROKEN")}: I13, after {result.Runs:N0} {Word(result)}");
    }

    /// <summary>What there were so many of.</summary>
    public static string Word(CrashResult result) => result.Simulated ? "simulated crashes" : "kills";

    /// <summary>What can be wrong, and how often it was.</summary>
    public static IEnumerable<(string What, int Count)> Kinds(CrashResult result) =>
    [
        ("acknowledged calls that are not there", result.LostOps),
        ("objects, areas, attachments that nobody made", result.PhantomObjects),
        ("objects that are others than before, answers that do not fit", result.GraphMismatches),
        ("calls that took effect twice", result.DuplicateEffects),
        ("callers that nobody answered", result.HungCallers),
    ];

    private static Table Figures(CrashResult result)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn($"in {result.Seconds:0.0} s")
            .AddColumn(new TableColumn("").RightAligned()).AddColumn("");
        table.AddRow(
            result.Simulated ? Word(result) : "processes killed", $"{result.Runs:N0}", $"{60 * result.Runs / result.Seconds:N0} a minute");
        foreach (var (point, count) in result.Crashes) table.AddRow($"  {point}", $"{count:N0}", "");
        table.AddRow("acknowledged calls", $"{result.AcknowledgedOpsTotal:N0}", "");
        table.AddRow("recoveries compared", $"{result.RecoveriesTotal:N0}", "");
        table.AddRow("events replayed", $"{result.EventsReplayedTotal:N0}", "");
        table.AddEmptyRow();
        table.AddRow("a recovery takes", $"{result.RecoveryMs.P50:N1} ms", "median");
        table.AddRow("", $"{result.RecoveryMs.P99:N1} ms", "99 %");
        table.AddRow("", $"{result.RecoveryMs.Max:N1} ms", "longest");
        return table;
    }

    private static Table Faults(CrashResult result)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("after each of them", "");
        foreach (var (what, count) in Kinds(result)) table.AddRow(what, count == 0 ? "[green]none[/]" : $"[red]{count}[/]");
        return table;
    }

    private static void Write(TextWriter output, CrashViolation violation)
    {
        output.WriteLine($"I13 broken: {violation.Finding.Fault} in {violation.Context}, {violation.Where} "
            + $"({violation.Point}): {violation.Finding.What}");
        foreach (var call in violation.Calls) output.WriteLine($"    {call}");
    }
}
