using Iommu.TestKit.Stress;
using Iommu.TestKit.Stress.Hardware;

namespace Iommu.Tests.Stress;

/// <summary>Guests of an AMD IOMMU against DMA and control traffic.</summary>
public class AmdRunTests
{
    private static readonly StressOptions Short = new() { Hardware = StressHardware.Amd, Duration = null, Operations = 40_000 };

    [Fact]
    public async Task Guests_that_trap_everything_hold()
    {
        var result = await StressRun.RunAsync(Short with { Queues = QueueUse.Trapped });
        Assert.True(result.Held, string.Join("; ", result.InvariantViolations));
        Assert.Equal((0L, 0L, 0L), (result.DirectInvalidationsTotal, result.StaleHits, result.LeakedReferences));
        Assert.True(result.TranslationsTotal > 0 && result.ControlOpsTotal > 0);
    }
}
