using Iommu.Cli.Html;
using Iommu.TestKit.Stress;
using Iommu.Tests.Cli.Stress;
using Iommu.Tests.Persistence.Rendering;

namespace Iommu.Tests.Cli.Html;

public class StressReportTests
{
    private const string Rerun = "dotnet run --project Cli -- stress --seed 1";

    [Fact]
    public void A_report_is_one_well_formed_file_with_its_drawings_inside()
    {
        var page = Page.Parse(StressReport.Write(FakeRun.Held(), Rerun, [SampleContext.State()]));

        Assert.Equal(5, page.Descendants("svg").Count());
        Assert.Equal(3, page.Descendants("polyline").Count());
        Assert.Contains(Rerun, page.Value);
        Assert.Contains("2,464,207", page.Value);
        Assert.Contains("hwpt-nested 5", page.Value);
    }

    [Fact]
    public void What_broke_comes_with_its_details()
    {
        var page = Page.Parse(StressReport.Write(FakeRun.Broken(), Rerun, []));

        var card = Assert.Single(page.Descendants("div"), e => (string?)e.Attribute("class") == "card broken");
        Assert.Contains("guest-0 <device> 2: iova 0x40001000", card.Value);
        Assert.Contains("invalidation 1000: TLBI_NH_VA 0x40001000", card.Value);
        Assert.Contains("the run kept no journal", page.Value);
    }

    [Fact]
    public void A_run_that_did_nothing_has_a_report_too()
    {
        var nothing = FakeRun.Held() with
        {
            Seconds = 0, Samples = [], SyncHistogram = [], SyncUs = new Latency(0, 0, 0), Errors = new Dictionary<string, long>(),
        };

        var page = Page.Parse(StressReport.Write(nothing, Rerun, []));

        Assert.Contains("the run was too short to draw", page.Value);
        Assert.Contains("nothing was synchronized", page.Value);
    }

    [Fact]
    public void A_long_run_is_drawn_with_a_few_hundred_points()
    {
        var samples = Enumerable.Range(1, 36_000).Select(i => new Sample(i / 10.0, i, i, i)).ToList();

        var page = Page.Parse(StressReport.Write(FakeRun.Held() with { Samples = samples }, Rerun, []));

        Assert.All(page.Descendants("polyline"), line => Assert.InRange(((string)line.Attribute("points")!).Split(' ').Length, 200, 240));
    }

    [Theory]
    [InlineData(7, "7 ns")]
    [InlineData(1500, "1.5 µs")]
    [InlineData(180_224, "180 µs")]
    [InlineData(2_209_941_100.0, "2.2 s")]
    public void A_time_reads_in_the_unit_that_fits(double nanoseconds, string text) =>
        Assert.Equal(text, HtmlPage.Duration(nanoseconds));

    [Theory]
    [InlineData(0, 4, 1, 1)]
    [InlineData(1, 4, 0.5, 1)]
    [InlineData(7, 4, 2, 8)]
    [InlineData(2_464_207, 4, 1_000_000, 3_000_000)]
    [InlineData(100, 4, 50, 100)]
    public void An_axis_ends_at_a_round_number(double largest, int steps, double step, double max)
    {
        var axis = Axis.For(largest, steps);

        Assert.Equal((step, max), (axis.Step, axis.Max), new Close());
    }

    [Fact]
    public void Of_a_large_graph_a_part_is_drawn_and_the_rest_counted()
    {
        var graph = Tests.Persistence.Graph.RandomGraph.OfEvents(3, 3000).Graph;
        var state = SampleContext.State() with { Graph = graph };

        var page = Page.Parse(GraphReport.Write("x.db", [state]));

        Assert.Equal(200, page.Descendants("rect").Count(e => (string?)e.Attribute("class") == "box"));
        Assert.Contains($"and {graph.Count - 200} more objects", page.Value);
    }

    private sealed class Close : IEqualityComparer<(double, double)>
    {
        public bool Equals((double, double) x, (double, double) y) =>
            Math.Abs(x.Item1 - y.Item1) < 1e-9 * (1 + x.Item1) && Math.Abs(x.Item2 - y.Item2) < 1e-9 * (1 + x.Item2);

        public int GetHashCode((double, double) obj) => 0;
    }
}
