using System.Text;
using Iommu.Cli.Html;
using Iommu.TestKit.Explore.Traces;

namespace Iommu.Cli.Explore;

/// <summary>A schedule as a sequence diagram: an actor a column, a turn a row, an arrow from who has told it its message.</summary>
internal static class SequenceDrawing
{
    private const double ColumnWidth = 150;
    private const double RowHeight = 24;
    private const double Top = 46;
    private const int NameLengthMax = 22;

    public static string Write(Trace trace)
    {
        var delayed = trace.Deviations.Delays.Select(delay => delay.Turn).ToHashSet();
        List<string> actors = [.. trace.Actors];
        var (width, height) = (actors.Count * ColumnWidth, Top + (trace.Steps.Count + 1) * RowHeight);
        var drawing = new StringBuilder();
        drawing.Append($"<svg width=\"{HtmlPage.At(width)}\" height=\"{HtmlPage.At(height)}\" xmlns=\"http://www.w3.org/2000/svg\">\n");
        for (var i = 0; i < actors.Count; i++) drawing.Append(Actor(actors[i], i, height));
        for (var row = 0; row < trace.Steps.Count; row++)
        {
            var step = trace.Steps[row];
            var to = actors.IndexOf(step.Turn.Actor);
            drawing.Append(Arrow(step, row, step.From.Length == 0 ? to : actors.IndexOf(step.From), to, delayed.Contains(step.Turn)));
        }
        return drawing.Append("</svg>\n").ToString();
    }

    private static string Actor(string actor, int column, double height)
    {
        var (x, name) = (XOf(column), TraceColumns.Short(actor));
        if (name.Length > NameLengthMax) name = "…" + name[^(NameLengthMax - 1)..];
        return $"<line class=\"grid\" x1=\"{HtmlPage.At(x)}\" y1=\"{HtmlPage.At(Top - 14)}\" x2=\"{HtmlPage.At(x)}\" "
            + $"y2=\"{HtmlPage.At(height)}\" /><text class=\"name\" text-anchor=\"middle\" x=\"{HtmlPage.At(x)}\" y=\"22\">"
            + $"{HtmlPage.Text(name)}<title>{HtmlPage.Text(actor)}</title></text>\n";
    }

    private static string Arrow(Step step, int row, int from, int to, bool isDelayed)
    {
        var (x1, x2, y) = (XOf(from), XOf(to), Top + (row + 0.7) * RowHeight);
        var head = x2 > x1 ? -6 : 6;
        var colour = isDelayed ? "var(--red)" : "var(--blue)";
        var line = from == to
            ? $"<circle cx=\"{HtmlPage.At(x2)}\" cy=\"{HtmlPage.At(y)}\" r=\"3.5\" fill=\"{colour}\" />"
            : $"<path d=\"M{HtmlPage.At(x1)} {HtmlPage.At(y)} L{HtmlPage.At(x2)} {HtmlPage.At(y)} m{head} -4 l{-head} 4 l{head} 4\" "
                + $"fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.4\" />";
        var (text, anchor) = from == to ? (x2 + 8, "start") : ((x1 + x2) / 2, "middle");
        return $"{line}<text text-anchor=\"{anchor}\" x=\"{HtmlPage.At(text)}\" y=\"{HtmlPage.At(y - 5)}\">"
            + $"{row + 1}. {HtmlPage.Text(step.Message)}{(isDelayed ? " (comes late)" : "")}"
            + $"<title>{HtmlPage.Text(step.Text)}</title></text>\n";
    }

    private static double XOf(int column) => (column + 0.5) * ColumnWidth;
}
