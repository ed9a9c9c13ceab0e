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
        var scenario = CrashScenarios.All.Single(it => it.Name == name);
        for (var seed = 1; seed <= CrashLength.Interleavings; seed++)
        {
            var count = await new ExhaustiveCrash(scenario, seed).RunAsync();
            output.WriteLine($"{name}, seed {seed}: {count}");
            Assert.True(count.Findings.Count == 0, count.ToString());
            Assert.True(count.Points > 20 && count.Recoveries > 5, count.ToString());
        }
    }
}
