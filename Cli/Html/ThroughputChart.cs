using System.Text;
using Iommu.TestKit.Stress;

namespace Iommu.Cli.Html;

/// <summary>One rate over the time of a run, as a curve.</summary>
internal static class ThroughputChart
{
    private const double Width = 1040, Height = 190, Left = 64, Right = 12, Top = 28, Bottom = 26;
    private const int PointsMax = 240;

    /// <param name="title">What is counted a second.</param>
    /// <param name="colour">A colour of <see cref="PageStyle"/>.</param>
    /// <param name="samples">Totals in order of time.</param>
    /// <param name="total">Which total.</param>
    public static string Draw(string title, string colour, IReadOnlyList<Sample> samples, Func<Sample, long> total)
    {
        var rates = Rates(samples, total);
        var svg = new StringBuilder();
        svg.AppendLine($"<svg class=\"wide\" viewBox=\"0 0 {Width} {Height}\" role=\"img\" "
            + $"aria-label=\"{HtmlPage.Text(title)} over time\">");
        svg.AppendLine($"<text class=\"name\" x=\"0\" y=\"14\">{HtmlPage.Text(title)}</text>");
        if (rates.Count < 2)
        {
            svg.AppendLine($"<text x=\"{Left}\" y=\"{Height / 2}\">the run was too short to draw</text></svg>");
            return svg.ToString();
        }
        var x = Axis.For(rates[^1].Seconds, 10) with { Max = rates[^1].Seconds };
        var y = Axis.For(rates.Max(r => r.Rate), 4);
        foreach (var tick in y.Ticks()) svg.AppendLine(Gridline(YOf(tick), Axis.Label(tick)));
        foreach (var tick in x.Ticks().Where(t => t <= x.Max))
            svg.AppendLine($"<text x=\"{HtmlPage.At(XOf(tick))}\" y=\"{Height - 6}\" text-anchor=\"middle\">{Axis.Label(tick)} s</text>");
        var curve = string.Join(' ', rates.Select(r => $"{HtmlPage.At(XOf(r.Seconds))},{HtmlPage.At(YOf(r.Rate))}"));
        var (first, last) = (HtmlPage.At(XOf(rates[0].Seconds)), HtmlPage.At(XOf(rates[^1].Seconds)));
        svg.AppendLine($"<polygon class=\"area\" style=\"fill:var(--{colour})\" points=\"{first},{YOf(0)} {curve} {last},{YOf(0)}\" />");
        svg.AppendLine($"<polyline class=\"curve\" style=\"stroke:var(--{colour})\" points=\"{curve}\" />");
        svg.AppendLine("</svg>");
        return svg.ToString();

        double XOf(double seconds) => Left + (Width - Left - Right) * seconds / x.Max;
        double YOf(double rate) => Height - Bottom - (Height - Top - Bottom) * rate / y.Max;
    }

    private static string Gridline(double y, string label) =>
        $"<line class=\"grid\" x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{HtmlPage.At(y)}\" y2=\"{HtmlPage.At(y)}\" />"
        + $"<text x=\"{Left - 8}\" y=\"{HtmlPage.At(y + 4)}\" text-anchor=\"end\">{label}</text>";

    /// <summary>The rate in each stretch between two samples, at its middle; of a long run several samples make a stretch.</summary>
    private static List<(double Seconds, double Rate)> Rates(IReadOnlyList<Sample> samples, Func<Sample, long> total)
    {
        var stride = Math.Max(1, (samples.Count + PointsMax - 1) / PointsMax);
        var rates = new List<(double, double)>();
        var from = new Sample(0, 0, 0, 0);
        for (var i = stride - 1; i < samples.Count; i += stride)
        {
            var to = samples[i];
            if (to.Seconds <= from.Seconds) continue;
            rates.Add(((from.Seconds + to.Seconds) / 2, (total(to) - total(from)) / (to.Seconds - from.Seconds)));
            from = to;
        }
        return rates;
    }
}
