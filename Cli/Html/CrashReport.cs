using Iommu.Cli.Crash;
using Iommu.Cli.Stress;
using Iommu.TestKit.Crash;

namespace Iommu.Cli.Html;

/// <summary>The page of <c>crash --report</c>.</summary>
internal static class CrashReport
{
    /// <param name="result">What the run came to.</param>
    /// <param name="rerun">The command that does the same again.</param>
    public static string Write(CrashResult result, string rerun) => HtmlPage.Write(
        result.Held ? "Crash: held" : "Crash: I13 broken",
        $"""
        <h1>Crash: {(result.Held ? "<span class=\"held\">held</span>" : "<span class=\"bad\">I13 broken</span>")}</h1>
        <p class="soft">{HtmlPage.Text($"{StressBanner.Runtime()}, {result.Runs} kills in {Math.Round(result.Seconds, 1)} s")}</p>
        <pre>{HtmlPage.Text(rerun)}</pre>
        {Violations(result)}
        {Tiles(result)}
        <h2>Where processes were killed</h2>
        <div class="card"><table>{Rows(result.Crashes.Select(entry => (entry.Key, entry.Value)))}</table></div>
        <h2>What was wrong after it</h2>
        <div class="card"><table>{Rows(CrashSummary.Kinds(result))}</table></div>
        <h2>Before and after {(result.Held ? "the last kill" : "the first that was wrong")}</h2>
        {string.Concat(result.Recovered.Select(Context))}
        """);

    private static string Violations(CrashResult result) => string.Concat(result.Violations.Select(violation => $"""
        <div class="card broken">
        <p class="verdict"><span class="bad">{violation.Finding.Fault}</span> {HtmlPage.Text(
            $"{violation.Context} of journal {violation.Journal}, after kill {violation.Kill} ({violation.Point}): "
            + violation.Finding.What)}</p>
        <pre>{HtmlPage.Text(string.Join('\n', violation.Calls))}</pre></div>

        """));

    private static string Tiles(CrashResult result)
    {
        (string Value, string Name)[] tiles =
        [
            (HtmlPage.Count(result.Runs), "kills"),
            (HtmlPage.Count(result.AcknowledgedOpsTotal), "acknowledged calls"),
            (HtmlPage.Count(result.EventsReplayedTotal), "events replayed"),
            (HtmlPage.Duration(1e6 * result.RecoveryMs.P50), "median recovery"),
            (HtmlPage.Duration(1e6 * result.RecoveryMs.P99), "99 % of recoveries"),
            (HtmlPage.Duration(1e6 * result.RecoveryMs.Max), "longest recovery"),
        ];
        return $"<div class=\"tiles\">{string.Concat(tiles.Select(tile =>
            $"<div class=\"tile\"><b>{tile.Value}</b><span class=\"soft\">{tile.Name}</span></div>"))}</div>";
    }

    private static string Rows(IEnumerable<(string Name, int Count)> rows) => string.Concat(rows.Select(row =>
        $"<tr><td>{HtmlPage.Text(row.Name)}</td><td>{HtmlPage.Count(row.Count)}</td></tr>"));

    private static string Context(RecoveredContext context) => $"""
        <div class="card"><h3>{HtmlPage.Text(context.Context)}</h3>
        <p class="soft">{HtmlPage.Text(context.InFlight is { } call ? $"cut off: {call}" : "no call was cut off")}</p>
        <div class="columns">
        <div><h4>before: what was acknowledged, as a crash leaves it</h4><pre>{HtmlPage.Text(context.Before)}</pre></div>
        <div><h4>after: what was recovered</h4><pre>{HtmlPage.Text(context.After)}</pre></div>
        <div><h4>the difference</h4><pre>{Difference(context)}</pre></div>
        </div></div>

        """;

    private static string Difference(RecoveredContext context)
    {
        var changed = context.Difference().Where(line => line.Mark != ' ').ToList();
        return changed.Count == 0 ? "<span class=\"held\">none</span>" : string.Join('\n', changed.Select(line =>
            $"<span class=\"{(line.Mark == '-' ? "bad" : "held")}\">{line.Mark} {HtmlPage.Text(line.Line)}</span>"));
    }
}
