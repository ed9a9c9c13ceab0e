using Iommu.TestKit.Crash.Simulated;
using Xunit.Abstractions;

namespace Iommu.Tests.Replay.Crash;

/// <summary>Whatever a crash leaves of the standard scenarios, what was acknowledged is there, and nothing else is (I13).</summary>
public class ScenarioCrashTests(ITestOutputHelper output)
{
    public static TheoryData<string> Names => [.. CrashScenarios.All.Select(scenario => scenario.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Every_crash_leaves_what_was_acknowledged(string name)
    {
        var result = await new SimulatedCrashRun(new SimulatedCrashOptions
        {
            Scenarios = [CrashScenarios.Find(name)!], Interleavings = CrashLength.Interleavings, Runs = 0,
        }).RunAsync();
        output.WriteLine(CrashText.Of(result));
        Assert.True(result.Held, CrashText.Of(result));
        Assert.True(result.Runs > 20 && result.RecoveriesTotal > 5, CrashText.Of(result));
    }
}
