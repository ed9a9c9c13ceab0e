using Iommu.Cli;
using Iommu.TestKit.Stress;

namespace Iommu.Tests.Cli.Crash;

public class SimulatedSwitchTests
{
    [Fact]
    public async Task Simulated_crashes_run_on_Replay_and_Akka_NET_says_so()
    {
        var run = await CommandRun.OfAsync("crash", "--simulated", "--scenario", "ioas-alloc");

        if (StressRun.RuntimeName == "Akka") run.AssertRefused("-p:ActorRuntime=Replay -- crash --simulated");
        else Assert.True(run.Exit == ExitCode.Held, run.Output + run.Error);
    }
}
