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
        <p class="soft">{HtmlPage.Text(Ran(result))}</p>
        <pre>{HtmlPage.Text(rerun)}</pre>
        {Violations(result)}
        {Tiles(result)}
        <h2>{(result.Simulated ? "Where simulators were stopped" : "Where processes were killed")}</h2>
        <div class="card"><table>{Rows(result.Crashes.Select(entry => (entry.Key, entry.Value)))}</table></div>
        <h2>What was wrong after it</h2>
        <div class="card"><table>{Rows(CrashSummary.Kinds(result))}</table></div>
        <h2>Before and after the last {(result.Simulated ? "crash" : "kill")}</h2>
        {Legend}
        {string.Concat(result.Recovered.Select(Context))}
        """);

    private static string Ran(CrashResult result) => $"{StressBanner.Runtime(result.Simulated)}, {result.Runs} {CrashSummary.Word(result)} "
        + $"in {Math.Round(result.Seconds, 1)} s";

    private const string Legend = """
        <p class="soft">In a difference, <span class="gone">gone</span> is what was acknowledged and is not there,
        <span class="added">added</span> what nobody had been told of, <span class="changed">changed</span> what is another than it was.
        A call that was cut off may be there or not, and so may make a difference that is none.</p>
        """;

    /// <summary>Findings of one recovery stand above one drawing of it.</summary>
    private static string Violations(CrashResult result) => string.Concat(result.Violations
        .GroupBy(violation => (violation.Context, violation.Where)).Select(found => $"""
            <div class="card broken">
            {string.Concat(found.Select(Finding))}
            <pre>{HtmlPage.Text(string.Join('\n', found.First().Calls))}</pre>
            {(found.First().Compared is { } compared ? Drawings(compared) : "")}</div>

            """));

    private static string Finding(CrashViolation violation) => $"""
        <p class="verdict"><span class="bad">{violation.Finding.Fault}</span> {HtmlPage.Text(
            $"{violation.Context}, {violation.Where} ({violation.Point}): {violation.Finding.What}")}</p>

        """;

    private static string Tiles(CrashResult result)
    {
        (string Value, string Name)[] tiles =
        [
            (HtmlPage.Count(result.Runs), CrashSummary.Word(result)),
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
        $"<tr><td>{HtmlPage.Text(row.Name)}</td><td class=\"number\">{HtmlPage.Count(row.Count)}</td></tr>"));

    private static string Context(RecoveredContext context) => $"""
        <div class="card"><h3>{HtmlPage.Text(context.Context)}</h3>
        {Drawings(context)}</div>

        """;

    private static string Drawings(RecoveredContext context)
    {
        var (before, after) = (DrawnState.Parse(context.Context, context.Before), DrawnState.Parse(context.Context, context.After));
        var difference = DrawnGraph.Difference(before, after);
        return $"""
            <p class="soft">{HtmlPage.Text(context.InFlight is { } call ? $"cut off: {call}" : "no call was cut off")}</p>
            <h4>before: what was acknowledged, as a crash leaves it</h4>
            {GraphDrawing.Draw(before)}
            <h4>after: what was recovered</h4>
            {GraphDrawing.Draw(after)}
            <h4>the difference</h4>
            {(difference.IsMarked ? GraphDrawing.Draw(difference) : "")}
            <pre>{Difference(context)}</pre>
            <details><summary>both as text</summary><div class="columns">
            <div><h4>before</h4><pre>{HtmlPage.Text(context.Before)}</pre></div>
            <div><h4>after</h4><pre>{HtmlPage.Text(context.After)}</pre></div>
            </div></details>
            """;
    }

    /// <summary>A part of an object, an area, is named with the object.</summary>
    private static string Difference(RecoveredContext context)
    {
        var (lines, owner) = (new List<string>(), "");
        foreach (var (mark, line) in context.Difference())
        {
            var isPart = line.StartsWith(' ');
            if (!isPart) owner = line;
            if (mark == ' ') continue;
            var (style, word) = mark == '-' ? ("gone", "gone ") : ("added", "added");
            lines.Add($"<span class=\"{style}\">{word} {HtmlPage.Text(isPart ? $"{line.Trim()} (of {owner})" : line)}</span>");
        }
        return lines.Count == 0 ? "<span class=\"held\">none</span>" : string.Join('\n', lines);
    }
}
