using Iommu.TestKit.Crash.Simulated;
using Xunit.Abstractions;

namespace Iommu.Tests.Replay.Crash;

/// <summary>Several contexts with random calls, crashed at any turn, in recoveries too: what was acknowledged is there (I13).</summary>
public class RandomCrashTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Any_crash_leaves_what_was_acknowledged()
    {
        var result = await new SimulatedCrashRun(new SimulatedCrashOptions
        {
            Scenarios = [], Runs = CrashLength.Seeds * RandomCrash.CrashesMax,
        }).RunAsync();
        output.WriteLine(CrashText.Of(result));
        Assert.True(result.Held, CrashText.Of(result));
        Assert.True(result.AcknowledgedOpsTotal > result.Runs, CrashText.Of(result));
    }
}
