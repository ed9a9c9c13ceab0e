using Iommu.TestKit.Stress;
using Iommu.TestKit.Stress.Hardware;
using Iommu.Tests.TestKit;

namespace Iommu.Tests.Stress;

/// <summary>Guests whose vCPUs have queues of their own, against DMA and control traffic.</summary>
public class Tegra241RunTests
{
    private static readonly StressOptions Short = new() { Hardware = StressHardware.Tegra241, Duration = null, Operations = 40_000 };

    [Fact]
    public async Task A_real_guest_that_is_given_queues_of_its_own_holds()
    {
        var result = await StressRun.RunAsync(Short with { Captures = [TestData.Find("linux-nested-4k")] });
        Assert.True(result.Held, string.Join("; ", result.InvariantViolations));
        Assert.InRange(result.DirectInvalidationsTotal, 10_000, result.InvalidationsTotal - 1);
        Assert.True(result.TranslationsTotal > 0 && result.ControlOpsTotal > 0);
        Assert.Equal((0L, 0L), (result.StaleHits, result.LeakedReferences));
    }

    [Fact]
    public async Task More_vCPUs_than_queues_hold_too()
    {
        var result = await StressRun.RunAsync(Short with { Guests = 12, Vcpus = 9, Devices = 1 });
        Assert.True(result.Held, string.Join("; ", result.InvariantViolations));
        Assert.True(result.DirectInvalidationsTotal > 0);
    }

    [Fact]
    public async Task What_cannot_be_run_is_said_in_one_line()
    {
        await Refused(Short with { Devices = 16 }, "--devices must be 1 to 15");
        await Refused(Short with { Hardware = StressHardware.Smmuv3, Queues = QueueUse.Direct }, "--queues must be trapped");
    }

    private static async Task Refused(StressOptions options, string why)
    {
        var refusal = await Assert.ThrowsAsync<StressException>(() => StressRun.RunAsync(options));
        Assert.Contains(why, refusal.Message);
    }
}
