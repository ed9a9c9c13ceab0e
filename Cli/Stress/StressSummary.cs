using Iommu.TestKit.Stress;
using Spectre.Console;

namespace Iommu.Cli.Stress;

/// <summary>The page of numbers that a run ends with.</summary>
internal static class StressSummary
{
    private const int ViolationsShown = 5;

    /// <param name="terminal">Where to.</param>
    /// <param name="options">What was run.</param>
    /// <param name="result">What it came to.</param>
    /// <param name="files">What it left.</param>
    public static void Write(Terminal terminal, StressOptions options, StressResult result, StressFiles files)
    {
        terminal.Console.Write(Figures(result));
        if (result.Errors.Count > 0) terminal.Output.WriteLine($"errors     {Errors(result)}");
        terminal.Console.Write(Invariants(result));
        terminal.Output.WriteLine($"{result.StaleHits:N0} stale hits, {result.LeakedReferences:N0} leaked references");
        WriteViolations(terminal.Output, result, Rerun.Line(options));
        WriteFiles(terminal.Output, files);
        terminal.Output.WriteLine(Verdict(options, result));
    }

    private static string Verdict(StressOptions options, StressResult result)
    {
        if (!result.Held) return $"BROKEN: {string.Join(", ", result.InvariantViolations.Select(v => v.Invariant).Distinct())}";
        var held = $"held: every checked invariant, for {result.Seconds:0.0} s";
        return options.Fault is not { } fault ? held
            : options.Hardware.Survives(fault.Kind) ? $"{held}, with {FaultSwitch.Text(fault)} planted"
            : $"{held}, although {FaultSwitch.Text(fault)} was planted: nothing went by it; run longer, or plant it at another @N";
    }

    private static Table Figures(StressResult result)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn($"in {result.Seconds:0.0} s")
            .AddColumn(new TableColumn("total").RightAligned()).AddColumn(new TableColumn("a second").RightAligned());
        table.AddRow("invalidations", $"{result.InvalidationsTotal:N0}", $"{result.InvalidationsPerS:N0}");
        if (result.DirectInvalidationsTotal > 0)
            table.AddRow("  by queues of the guests", $"{result.DirectInvalidationsTotal:N0}", PerSecond(result.DirectInvalidationsTotal));
        table.AddRow("translations", $"{result.TranslationsTotal:N0}", $"{result.TranslationsPerS:N0}");
        table.AddRow("synchronizations", $"{result.SyncsTotal:N0}", PerSecond(result.SyncsTotal));
        table.AddRow("control calls", $"{result.ControlOpsTotal:N0}", PerSecond(result.ControlOpsTotal));
        table.AddRow("journal events", $"{result.JournalEventsTotal:N0}", PerSecond(result.JournalEventsTotal));
        table.AddEmptyRow();
        table.AddRow("a synchronization takes", $"{result.SyncUs.P50:N1} µs", "median");
        table.AddRow("", $"{result.SyncUs.P99:N1} µs", "99 %");
        table.AddRow("", $"{result.SyncUs.Max:N1} µs", "longest");
        return table;

        string PerSecond(long total) => result.Seconds > 0 ? $"{total / result.Seconds:N0}" : "";
    }

    private static string Errors(StressResult result) =>
        string.Join(", ", result.Errors.OrderByDescending(e => e.Value).Select(e => $"{e.Key} {e.Value:N0}"))
        + " (with those that the workload provokes)";

    private static Table Invariants(StressResult result)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumns("", "invariant", "checked", "");
        foreach (var (name, what, check, violations) in InvariantTable.Rows(result.InvariantViolations))
            table.AddRow(name, what, check, violations == 0 ? "[green]held[/]" : $"[red]BROKEN {violations}x[/]");
        return table;
    }

    private static void WriteViolations(TextWriter output, StressResult result, string rerun)
    {
        foreach (var violation in result.InvariantViolations.Take(ViolationsShown))
        {
            output.WriteLine($"{violation.Invariant} broken: {violation.What}");
            foreach (var line in violation.Details) output.WriteLine($"    {line}");
        }
        if (result.InvariantViolations.Count > ViolationsShown)
            output.WriteLine($"and {result.InvariantViolations.Count - ViolationsShown} more violations: see --json or --report");
        if (!result.Held) output.WriteLine($"run it again: {rerun}");
    }

    private static void WriteFiles(TextWriter output, StressFiles files)
    {
        if (files.Journal is { } journal) output.WriteLine($"journal    {journal} (show it: dotnet run --project Cli -- graph {journal})");
        if (files.Json is { } json) output.WriteLine($"figures    {json}");
        if (files.Report is { } report) output.WriteLine($"report     {report}");
    }
}
