using System.Xml.Linq;
using Iommu.Cli.Html;
using Iommu.TestKit.Crash;
using Iommu.TestKit.Stress;

namespace Iommu.Tests.Cli.Html;

public class CrashReportTests
{
    private const string Before = """
        1 device first-dev0 0:5
        2 ioas
          0x1000-0x1fff is 0x10000 rw
          0x3000-0x3fff is 0x20000 r
        3 hwpt-paging <2>
        4 viommu <3>
        5 hwpt-nested <4>
        6 vdevice <1> <4> 10
        7 fault
        pins 2
        """;
    private const string After = """
        1 device first-dev0 0:3
        2 ioas
          0x1000-0x1fff is 0x10000 rw
        3 hwpt-paging <2>
        4 viommu <3>
        5 hwpt-nested <4>
        6 vdevice <1> <4> 10
        8 ioas
        pins 1
        """;

    [Fact]
    public void The_last_kill_is_drawn_before_and_after_with_what_is_gone_added_and_changed()
    {
        var page = Page.Parse(CrashReport.Write(Result([]), "iommu crash"));

        // Seven objects before, seven after, eight in the difference.
        Assert.Equal([7, 7, 8], page.Descendants().Where(e => e.Name.LocalName == "svg").Select(svg => Count(svg, "rect", "box")));
        var difference = page.Descendants().Last(e => e.Name.LocalName == "svg");
        Assert.Equal(["fault 7"], Titles(difference, "box gone"));
        Assert.Equal(["ioas 8"], Titles(difference, "box added"));
        Assert.Equal(["device 1", "ioas 2"], Titles(difference, "box changed"));
        Assert.Equal((1, 1), (Count(difference, "path", "edge gone"), Count(difference, "path", "edge added")));
        Assert.Contains("gone  0x3000-0x3fff is 0x20000 r (of 2 ioas)", page.Value);
        Assert.Contains("added 8 ioas", page.Value);
    }

    [Fact]
    public void A_vdevice_refers_to_its_device_across()
    {
        var drawing = XElement.Parse(GraphDrawing.Draw(DrawnState.Parse("c", Before)));
        Assert.Equal(1, Count(drawing, "path", "edge weak"));
        Assert.Equal(6, Count(drawing, "path", "edge"));
    }

    [Fact]
    public void Each_finding_stands_above_the_recovery_that_it_was_found_in()
    {
        CrashFinding[] findings = [new(CrashFault.LostOp, "'7 fault' is gone"), new(CrashFault.PhantomObject, "'8 ioas' is there")];
        var page = Page.Parse(CrashReport.Write(Result([.. findings.Select((finding, i) => new CrashViolation(
            finding, "crash 0", "journal 0, after kill 3", "random", ["IoasAlloc() = ok 0x2"], Compared))]), "iommu crash"));

        var card = Assert.Single(page.Descendants(), e => (string?)e.Attribute("class") == "card broken");
        Assert.Equal(3, card.Descendants().Count(e => e.Name.LocalName == "svg"));
        Assert.All(findings, finding => Assert.Contains(finding.What, card.Value));
    }

    [Fact]
    public void A_recovery_without_a_difference_says_so()
    {
        var page = Page.Parse(CrashReport.Write(Result([]) with { Recovered = [Compared with { After = Before }] }, "iommu crash"));

        Assert.Equal(2, page.Descendants().Count(e => e.Name.LocalName == "svg"));
        Assert.Equal("none", page.Descendants().Single(e => e.Name.LocalName == "pre" && e.Value == "none").Value);
    }

    private static RecoveredContext Compared => new("crash 0", Before, "IoasAlloc()", After);

    private static CrashResult Result(IReadOnlyList<CrashViolation> violations) => new()
    {
        Runtime = "Replay", Seconds = 2, Runs = 4, Crashes = new Dictionary<string, int> { ["random"] = 4 }, AcknowledgedOpsTotal = 50,
        RecoveryMs = new Latency(1, 2, 3), EventsReplayedTotal = 70, Violations = violations, Recovered = [Compared],
    };

    private static int Count(XElement drawing, string element, string style) =>
        drawing.Descendants().Count(e => e.Name.LocalName == element && $"{(string?)e.Attribute("class")} ".StartsWith($"{style} "));

    private static IEnumerable<string> Titles(XElement drawing, string style) => drawing.Descendants()
        .Where(e => (string?)e.Attribute("class") == style)
        .Select(box => box.Parent!.Elements().Single(e => (string?)e.Attribute("class") == "name").Value);
}
