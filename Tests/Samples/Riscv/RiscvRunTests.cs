using Iommu.TestKit.Stress;
using RiscvStress;

namespace Iommu.Tests.Samples.Riscv;

/// <summary>The sample driver under the stress run, as <c>stress --hardware RiscvStress.dll</c> does it.</summary>
public class RiscvRunTests
{
    [Fact]
    public async Task It_holds_and_everything_is_counted()
    {
        var result = await StressRun.RunAsync(
            new StressOptions { Hardware = new RiscvHardware(), Duration = null, Operations = 10_000 });
        Assert.True(result.Held, string.Join("; ", result.InvariantViolations));
        Assert.Equal(("riscv", 0L, 0L), (result.Hardware, result.StaleHits, result.LeakedReferences));
        Assert.True(result.InvalidationsTotal >= 10_000 && result.TranslationsTotal > 0 && result.ControlOpsTotal > 0);
    }
}
