using Iommu.TestKit.Explore;
using Iommu.TestKit.Explore.Traces;
using Spectre.Console;

namespace Iommu.Cli.Explore;

/// <summary>The page of numbers that a search ends with, and the schedule that it has found.</summary>
internal static class ExploreSummary
{
    private const int StepsShown = 200;

    public static void Write(
        Terminal terminal, IReadOnlyList<ScenarioResult> results, string rerun, (string? Trace, string? Json, string? Report) files)
    {
        terminal.Console.Write(Figures(results));
        var found = results[^1].Found;
        if (found is not null) Write(terminal.Output, found, rerun);
        if (found is not null && files.Trace is { } trace) terminal.Output.WriteLine($"trace      {trace}");
        if (files.Json is { } json) terminal.Output.WriteLine($"figures    {json}");
        if (files.Report is { } report) terminal.Output.WriteLine($"report     {report}");
        var schedules = results.Sum(result => result.Schedules);
        terminal.Output.WriteLine(found is null
            ? $"held: every checked invariant, in {schedules:N0} schedules"
            : $"BROKEN: {found.Violation.Invariant}, after {schedules:N0} schedules");
    }

    public static void Write(TextWriter output, Trace trace)
    {
        output.WriteLine($"{trace.Violation.Invariant} broken: {trace.Violation.What}");
        foreach (var line in trace.Violation.Details) output.WriteLine($"    {line}");
        output.WriteLine();
        foreach (var line in TraceColumns.Lines(trace).Take(StepsShown)) output.WriteLine(line);
        if (trace.Steps.Count > StepsShown) output.WriteLine($"and {trace.Steps.Count - StepsShown} turns more");
        output.WriteLine();
    }

    private static void Write(TextWriter output, Found found, string rerun)
    {
        Write(output, found.Trace);
        output.WriteLine($"found by schedule {found.Schedule:N0}, which had {found.DecisiveBefore} choices other than by default; "
            + $"{found.Trace.Deviations.Count} of them are decisive");
        output.WriteLine($"run it again: {rerun}");
    }

    private static Table Figures(IReadOnlyList<ScenarioResult> results)
    {
        var table = new Table().Border(TableBorder.Rounded).AddColumn("scenario");
        foreach (var column in new[] { "schedules", "distinct", "by actor", "turns", "turns/s", "schedules/s" })
            table.AddColumn(new TableColumn(column).RightAligned());
        table.AddColumn("");
        foreach (var result in results) AddRow(table, result);
        return table;
    }

    private static void AddRow(Table table, ScenarioResult result) => table.AddRow(
        result.Scenario, $"{result.Schedules:N0}", $"{result.Distinct:N0}", $"{result.Shapes:N0}", $"{result.Steps:N0}",
        $"{result.Steps / Math.Max(result.Seconds, 1e-3):N0}", $"{result.Schedules / Math.Max(result.Seconds, 1e-3):N0}",
        result.Found is { } found ? $"[red]BROKEN {Markup.Escape(found.Violation.Invariant)}[/]"
            : result.IsComplete ? "[green]held, all of them[/]" : "[green]held[/]");
}
