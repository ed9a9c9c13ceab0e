using Iommu.Cli.Stress;
using Iommu.Persistence.Graph;
using Iommu.TestKit.Stress;

namespace Iommu.Cli.Html;

/// <summary>The page of <c>stress --report</c>.</summary>
internal static class StressReport
{
    /// <param name="result">What the run came to.</param>
    /// <param name="rerun">The command that runs it again.</param>
    /// <param name="contexts">What its journal reconstructs; empty when it kept none.</param>
    public static string Write(StressResult result, string rerun, IReadOnlyList<ContextState> contexts) => HtmlPage.Write(
        result.Held ? "Stress: held" : $"Stress: {Broken(result)} broken",
        $"""
        <h1>Stress: {Verdict(result)}</h1>
        <p class="soft">{HtmlPage.Text($"{result.Hardware} on {StressBanner.Runtime()}, {Math.Round(result.Seconds, 1)} s")}</p>
        <pre>{HtmlPage.Text(rerun)}</pre>
        {Violations(result)}
        {Tiles(result)}
        <h2>Throughput</h2>
        <div class="card">
        {ThroughputChart.Draw("invalidations/s", "blue", result.Samples, sample => sample.Invalidations)}
        {ThroughputChart.Draw("translations/s", "green", result.Samples, sample => sample.Translations)}
        {ThroughputChart.Draw("control calls/s", "violet", result.Samples, sample => sample.ControlOps)}
        </div>
        <h2>Synchronization time</h2>
        <div class="card">
        {LatencyChart.Draw(result.SyncHistogram, result.SyncUs)}
        </div>
        <h2>Invariants</h2>
        {Invariants(result)}
        {Answers(result)}
        <h2>Object graph, as the journal reconstructs it</h2>
        {(contexts.Count == 0 ? "<p class=\"soft\">the run kept no journal</p>" : GraphReport.Section(contexts))}
        """);

    private static string Verdict(StressResult result) =>
        result.Held ? "<span class=\"held\">held</span>" : $"<span class=\"bad\">{HtmlPage.Text(Broken(result))} broken</span>";

    private static string Broken(StressResult result) => string.Join(", ", result.InvariantViolations.Select(v => v.Invariant).Distinct());

    private static string Violations(StressResult result) => string.Concat(result.InvariantViolations.Select(violation => $"""
        <div class="card broken">
        <p class="verdict"><span class="bad">{HtmlPage.Text(violation.Invariant)}</span> {HtmlPage.Text(violation.What)}</p>
        <pre>{HtmlPage.Text(string.Join('\n', violation.Details))}</pre></div>

        """));

    private static string Tiles(StressResult result)
    {
        (string Value, string Name)[] tiles =
        [
            (HtmlPage.Count(result.InvalidationsPerS), "invalidations/s"),
            (HtmlPage.Count(result.TranslationsPerS), "translations/s"),
            (HtmlPage.Duration(1000 * result.SyncUs.P50), "median synchronization"),
            (HtmlPage.Count(result.ControlOpsTotal), "control calls"),
            (HtmlPage.Count(result.JournalEventsTotal), "journal events"),
            (HtmlPage.Count(result.StaleHits), "stale hits"),
            (HtmlPage.Count(result.LeakedReferences), "leaked references"),
        ];
        return $"<div class=\"tiles\">{string.Concat(tiles.Select(tile =>
            $"<div class=\"tile\"><b>{tile.Value}</b><span class=\"soft\">{tile.Name}</span></div>"))}</div>";
    }

    private static string Invariants(StressResult result) =>
        $"<div class=\"card\"><table>{string.Concat(InvariantTable.Rows(result.InvariantViolations).Select(Row))}</table></div>";

    private static string Row((string Name, string What, string Check, int Violations) row) =>
        $"<tr><td><b>{HtmlPage.Text(row.Name)}</b></td><td>{HtmlPage.Text(row.What)}</td>"
        + $"<td class=\"soft\">{HtmlPage.Text(row.Check)}</td>"
        + (row.Violations == 0 ? "<td class=\"held\">held</td></tr>" : $"<td class=\"bad\">broken {row.Violations}×</td></tr>");

    private static string Answers(StressResult result) => result.Errors.Count == 0 ? "" : $"""
        <h2>Answers other than success</h2>
        <div class="card"><table>{string.Concat(result.Errors.OrderByDescending(e => e.Value).Select(e =>
            $"<tr><td>{HtmlPage.Text(e.Key)}</td><td class=\"number\">{HtmlPage.Count(e.Value)}</td></tr>"))}</table></div>
        """;
}
