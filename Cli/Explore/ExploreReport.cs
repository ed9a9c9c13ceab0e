using Iommu.Cli.Html;
using Iommu.TestKit.Explore;
using Iommu.TestKit.Explore.Traces;

namespace Iommu.Cli.Explore;

/// <summary>The page of <c>explore --report</c> and of <c>replay --report</c>.</summary>
internal static class ExploreReport
{
    /// <param name="results">What the search came to.</param>
    /// <param name="rerun">The command that searches the same again.</param>
    public static string Write(IReadOnlyList<ScenarioResult> results, string rerun)
    {
        var found = results[^1].Found;
        var verdict = found is null ? "held" : $"{found.Violation.Invariant} broken";
        return HtmlPage.Write($"Explore: {verdict}", $"""
            <h1>Explore: <span class="{(found is null ? "held" : "bad")}">{HtmlPage.Text(verdict)}</span></h1>
            <pre>{HtmlPage.Text(rerun)}</pre>
            {(found is null ? "" : Schedule(found.Trace))}
            <h2>What was searched</h2>
            <div class="card"><table><tr><th>scenario</th><th class="number">schedules</th><th class="number">distinct</th>
            <th class="number">distinct by actor</th><th class="number">turns</th><th class="number">seconds</th></tr>
            {string.Concat(results.Select(Row))}</table></div>
            """);
    }

    public static string Write(Trace trace) => HtmlPage.Write(
        $"Replay: {trace.Violation.Invariant}", $"<h1>Replay: {HtmlPage.Text(trace.Scenario)}</h1>\n{Schedule(trace)}");

    private static string Schedule(Trace trace) => $"""
        <div class="card broken">
        <p class="verdict"><span class="bad">{HtmlPage.Text(trace.Violation.Invariant)}</span> {HtmlPage.Text(trace.Violation.What)}</p>
        <pre>{HtmlPage.Text(string.Join('\n', trace.Violation.Details))}</pre></div>
        <p class="soft">{HtmlPage.Text($"{trace.Scenario}{(trace.Mutant is { } mutant ? $", mutant {mutant}" : "")}; {trace.From}; "
            + $"{trace.Steps.Count} turns, of which {trace.Deviations.Delays.Count} come late")}</p>
        {string.Concat(trace.Deviations.Happenings.Select(it => $"<p>{HtmlPage.Text(TraceColumns.Text(it))}</p>"))}
        <h2>The schedule</h2>
        <div class="card">{SequenceDrawing.Write(trace)}</div>
        <h2>Turn for turn</h2>
        <pre>{HtmlPage.Text(string.Join('\n', TraceColumns.Lines(trace)))}</pre>
        <h2>For Mermaid</h2>
        <pre>{HtmlPage.Text(Mermaid.Write(trace))}</pre>
        """;

    private static string Row(ScenarioResult result) => $"""
        <tr><td>{HtmlPage.Text(result.Scenario)}</td><td class="number">{HtmlPage.Count(result.Schedules)}</td>
        <td class="number">{HtmlPage.Count(result.Distinct)}</td><td class="number">{HtmlPage.Count(result.Shapes)}</td>
        <td class="number">{HtmlPage.Count(result.Steps)}</td><td class="number">{Math.Round(result.Seconds, 1)}</td></tr>

        """;
}
