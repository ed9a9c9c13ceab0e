using Iommu.Hardware;
using Iommu.TestKit.Captures;

namespace Iommu.Tests.TestKit;

public class CaptureVerifierTests
{
    [Theory]
    [InlineData("linux-nested-4k", 5900)]
    [InlineData("linux-s1-16k", 2000)]
    [InlineData("linux-s2-4k", 5000)]
    public void Every_translation_and_event_record_of_a_real_guest_comes_out_the_same(string name, int rowsAtLeast)
    {
        var reports = CaptureVerifier.Verify(Capture.Open(TestData.Find(name))).ToList();
        foreach (var report in reports)
        {
            Assert.Equal([], report.FirstMismatches);
            Assert.Equal(report.Rows, report.Matched + report.None);
            Assert.True(report.Rows > rowsAtLeast, $"{report.Rows} rows");
        }
    }

    [Fact]
    public void A_wrong_row_is_found_and_explained()
    {
        var capture = Capture.Open(TestData.Find("linux-nested-4k"));
        var snapshot = capture.Snapshots[0];
        var rows = snapshot.ReadTranslations().ToList();
        var good = rows.First(row => row is { Result: "ok", Granted: Access.ReadWrite });
        var fault = rows.First(row => row.Result == "F_TRANSLATION");
        TranslationRow[] planted =
        [
            good, good with { Physical = good.Physical + 0x1000 }, good with { Granted = Access.Read },
            good with { Result = "F_ACCESS" }, fault, fault with { Event = fault.Event + 1 }, fault with { Result = "ok" },
        ];
        var report = CaptureVerifier.Verify(snapshot, planted, capture.Events);
        Assert.Equal((2, 5), (report.Matched, report.Mismatched));
        Assert.Contains($"0x{good.Physical + 0x1000:x}", report.FirstMismatches[0]);
        Assert.Contains("expected record F_", report.FirstMismatches[3]);
    }
}
