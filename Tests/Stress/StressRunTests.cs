using Iommu.TestKit.Stress;
using Iommu.TestKit.Stress.Hardware;
using Iommu.Tests.TestKit;

namespace Iommu.Tests.Stress;

public class StressRunTests
{
    private static readonly StressOptions Short = new() { Duration = null, Operations = 20_000 };

    [Fact]
    public async Task Synthetic_guests_and_a_real_one_hold_and_everything_is_counted()
    {
        var samples = new List<Sample>();
        var result = await StressRun.RunAsync(Short with { Captures = [TestData.Find("linux-nested-4k")] }, new Progress(samples));
        Held(result);
        Assert.InRange(result.InvalidationsTotal, 20_000, 200_000);
        Assert.True(result.SyncsTotal >= result.InvalidationsTotal / 64);
        Assert.True(result.TranslationsTotal > 0 && result.TranslationsPerS > 0 && result.InvalidationsPerS > 0);
        Assert.True(result.ControlOpsTotal > 0);
        Assert.True(result.SyncUs.P50 > 0 && result.SyncUs.P50 <= result.SyncUs.P99 && result.SyncUs.P99 <= result.SyncUs.Max);
        Assert.Equal(result.SyncsTotal, result.SyncHistogram.Sum());
        Assert.Equal((0, 0L, 0L), (result.InvariantViolations.Count, result.StaleHits, result.LeakedReferences));
        Assert.Equal(result.Samples[^1].Invalidations, result.InvalidationsTotal);
        Assert.Equal(result.Samples.Count, samples.Count);
    }

    [Fact]
    public async Task A_run_by_time_ends_when_it_is_cancelled_and_has_its_summary()
    {
        using var cancel = new CancellationTokenSource();
        var options = Short with { Operations = null, Duration = TimeSpan.FromHours(1) };
        var result = await StressRun.RunAsync(options, new CancelAfter(cancel, 3), cancel.Token);
        Held(result);
        Assert.InRange(result.Seconds, 0, 600);
        Assert.True(result.Samples.Count >= 3);
    }

    [Fact]
    public async Task A_journal_counts_what_a_run_adds_and_is_used_again()
    {
        var journal = Path.Combine(Path.GetTempPath(), $"iommu-{Guid.NewGuid():N}.db");
        try
        {
            var options = Short with { Guests = 1, Vcpus = 1, Devices = 1, Journal = journal };
            var first = await StressRun.RunAsync(options);
            var second = await StressRun.RunAsync(options);
            Held(first);
            Held(second);
            Assert.True(first.JournalEventsTotal > 10 && second.JournalEventsTotal > 10);
        }
        finally
        {
            foreach (var file in Directory.GetFiles(Path.GetTempPath(), Path.GetFileName(journal) + "*")) File.Delete(file);
        }
    }

    [Fact]
    public async Task What_cannot_be_run_is_said_in_one_line()
    {
        await Refused(Short with { Guests = 0 }, "--guests must be 1 to 64");
        await Refused(Short with { Vcpus = 65 }, "--vcpus must be 1 to 64");
        await Refused(Short with { Hardware = StressHardware.Amd, Captures = [TestData.Find("linux-nested-4k")] }, "--guest must be none");
        await Refused(Short with { Operations = null }, "--seconds or --ops");
        await Refused(Short with { Operations = -5 }, "--ops must be more than 0");
        await Refused(Short with { Captures = [TestData.Find("no-such-capture")] }, "no-such-capture");
        await Refused(Short with { Captures = [TestData.Find("linux-s2-4k")] }, "no stream has a first stage");
    }

    [Fact]
    public async Task A_file_that_is_no_journal_is_refused_and_left_as_it_was()
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, new string('x', 5000));
            await Refused(Short with { Journal = file }, file);
            Assert.Equal(new string('x', 5000), await File.ReadAllTextAsync(file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static void Held(StressResult result) => Assert.True(result.Held, string.Join("; ", result.InvariantViolations));

    private static async Task Refused(StressOptions options, string why)
    {
        var refusal = await Assert.ThrowsAsync<StressException>(() => StressRun.RunAsync(options));
        Assert.Contains(why, refusal.Message);
        Assert.DoesNotContain('\n', refusal.Message);
    }

    private sealed class Progress(List<Sample> samples) : IProgress<Sample>
    {
        public void Report(Sample value) => samples.Add(value);
    }

    private sealed class CancelAfter(CancellationTokenSource cancel, int samples) : IProgress<Sample>
    {
        public void Report(Sample value)
        {
            if (--samples == 0) cancel.Cancel();
        }
    }
}
