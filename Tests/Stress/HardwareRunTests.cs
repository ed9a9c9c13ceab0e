using Iommu.TestKit.Stress;
using Iommu.TestKit.Stress.Hardware;

namespace Iommu.Tests.Stress;

/// <summary>Every hardware with every way to invalidate that it has, against DMA and control traffic.</summary>
public class HardwareRunTests
{
    public static TheoryData<string, QueueUse> Everything
    {
        get
        {
            var data = new TheoryData<string, QueueUse>();
            foreach (var hardware in StressHardware.All)
                foreach (var use in Enum.GetValues<QueueUse>())
                    if (hardware.HasQueues || use == QueueUse.Trapped) data.Add(hardware.Name, use);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Everything))]
    public async Task It_holds_and_everything_is_counted(string hardware, QueueUse queues)
    {
        var result = await StressRun.RunAsync(new StressOptions
        {
            Hardware = StressHardware.Find(hardware)!, Queues = queues, Duration = null, Operations = 40_000,
        });
        Assert.True(result.Held, string.Join("; ", result.InvariantViolations));
        Assert.Equal((hardware, 0L, 0L), (result.Hardware, result.StaleHits, result.LeakedReferences));
        Assert.True(result.InvalidationsTotal >= 40_000 && result.TranslationsTotal > 0 && result.ControlOpsTotal > 0);
        if (queues == QueueUse.Trapped) Assert.Equal(0, result.DirectInvalidationsTotal);
        else Assert.InRange(result.DirectInvalidationsTotal, 10_000, result.InvalidationsTotal - 1);
    }
}
