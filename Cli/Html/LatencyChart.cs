using System.Text;
using Iommu.TestKit.Stress;

namespace Iommu.Cli.Html;

/// <summary>How long synchronizations took: their share in each power of two of nanoseconds.</summary>
internal static class LatencyChart
{
    private const double Width = 1040, Height = 240, Left = 64, Right = 34, Top = 34, Bottom = 26;
    private const int LabelledColumnsMax = 14;

    /// <param name="histogram">Counts; index i is below 2^i ns and not below half of that.</param>
    /// <param name="latency">The quantiles to mark, in microseconds.</param>
    public static string Draw(IReadOnlyList<long> histogram, Latency latency)
    {
        var svg = new StringBuilder();
        svg.AppendLine($"<svg class=\"wide\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" "
            + "aria-label=\"distribution of synchronization times\">");
        double total = histogram.Sum();
        if (total == 0)
        {
            svg.AppendLine($"<text x=\"{Left}\" y=\"{Height / 2}\">nothing was synchronized</text></svg>");
            return svg.ToString();
        }
        var first = Math.Max(0, histogram.TakeWhile(count => count == 0).Count() - 1);
        var last = histogram.Count - 1 - histogram.Reverse().TakeWhile(count => count == 0).Count();
        var column = (Width - Left - Right) / (last - first + 1);
        var y = Axis.For(100 * histogram.Max() / total, 4);

        foreach (var tick in y.Ticks()) svg.AppendLine(Gridline(YOf(tick), Axis.Label(tick)));
        for (var i = first; i <= last; i++) svg.Append(Column(i));
        foreach (var (name, micros) in new[] { ("median", latency.P50), ("99 %", latency.P99), ("longest", latency.Max) })
            svg.AppendLine(Marker(name, micros));
        svg.AppendLine("</svg>");
        return svg.ToString();

        double YOf(double percent) => Height - Bottom - (Height - Top - Bottom) * percent / y.Max;

        // Bucket i reaches from 2^(i-1) to 2^i ns: one column for each doubling.
        double XOf(double nanoseconds) => Left + column * (Math.Log2(Math.Max(1, nanoseconds)) + 1 - first);

        string Column(int i)
        {
            var count = histogram[i];
            var left = Left + column * (i - first);
            var top = YOf(100 * count / total);
            var limit = HtmlPage.Duration(Math.Pow(2, i));
            var bar = count == 0 ? "" : $"<rect x=\"{HtmlPage.At(left + 1)}\" y=\"{HtmlPage.At(top)}\" "
                + $"width=\"{HtmlPage.At(column - 2)}\" height=\"{HtmlPage.At(YOf(0) - top)}\" rx=\"2\" style=\"fill:var(--blue)\">"
                + $"<title>below {limit}: {HtmlPage.Count(count)} of {HtmlPage.Count(total)}</title></rect>\n";
            // Labels of many columns would run into each other.
            if (last - first >= LabelledColumnsMax && (i - first) % 2 == 1) return bar;
            return bar
                + $"<text x=\"{HtmlPage.At(left + column)}\" y=\"{Height - 6}\" text-anchor=\"middle\">{limit}</text>\n";
        }

        string Marker(string name, double micros)
        {
            var x = Math.Clamp(XOf(1000 * micros), Left, Width - Right);
            var (anchor, dx) = x > Width - 120 ? ("end", -5) : ("start", 5);
            var row = name == "99 %" ? 26 : 12;
            return $"<line class=\"mark\" x1=\"{HtmlPage.At(x)}\" x2=\"{HtmlPage.At(x)}\" y1=\"4\" y2=\"{Height - Bottom}\" />"
                + $"<text class=\"name\" x=\"{HtmlPage.At(x + dx)}\" y=\"{row}\" text-anchor=\"{anchor}\">"
                + $"{name} {HtmlPage.Duration(1000 * micros)}</text>";
        }
    }

    private static string Gridline(double y, string label) =>
        $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{HtmlPage.At(y)}\" y2=\"{HtmlPage.At(y)}\" />"
        + $"<text x=\"{Left - 8}\" y=\"{HtmlPage.At(y + 4)}\" text-anchor=\"end\">{label} %</text>";
}
