using Iommu.TestKit.Crash;
using Iommu.TestKit.Crash.Simulated;
using Xunit.Abstractions;

namespace Iommu.Tests.Replay.Crash;

/// <summary>One actor at a time is thrown down, while several contexts make random calls: all that it held is there again (I13).</summary>
public class ActorCrashTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Any_actor_can_be_thrown_down_at_any_message()
    {
        var (unknown, tally) = (0L, new CrashTally<SimulatedPoint>(null));
        for (var seed = 1; seed <= CrashLength.Seeds; seed++)
        {
            var crash = new ActorCrash(seed, tally, null);
            await crash.RunAsync(ActorCrash.KillsMax);
            unknown += crash.Unknown;
        }
        var result = tally.Result();
        var text = $"{CrashText.Of(result)}, {unknown} answered EIO";
        output.WriteLine(text);
        Assert.True(result.Held, text);
        Assert.True(unknown > 0 && result.AcknowledgedOpsTotal > result.Runs, text);
        Assert.True(result.Crashes.Count == 3, $"only {string.Join(", ", result.Crashes.Keys)}");
    }
}
