using Iommu.TestKit.Crash;
using Iommu.TestKit.Crash.Simulated;
using Xunit.Abstractions;

namespace Iommu.Tests.Replay.Crash;

/// <summary>
/// The connection to the database is lost during a write, of which nobody knows then whether it is durable: every caller is answered, and
/// what was acknowledged is there after the next recovery, be the write there or not. It is not there twice.
/// </summary>
public class LostConnectionTests(ITestOutputHelper output)
{
    private const int FirstOfContext = 2;

    /// <summary>The directory is the simulator's own stream: nobody else would tell who waits. The next open starts it anew.</summary>
    [Fact]
    public void An_open_whose_write_is_lost_fails_and_the_next_one_works()
    {
        using var store = new SimulatedStore(faults: new StoreFaults { LosesConnectionAt = 1 });
        var life = new SimulatedLife(store, contexts: 1, seed: 1);
        Assert.False(life.Run(() => life.IsOpen));
        Assert.Contains("the connection is lost", Assert.Single(life.Findings).What);
        life.Open(0);
        Assert.True(life.Run(() => life.IsOpen));
    }

    /// <summary>Without the one that is as long as a snapshot is apart from the next: every write of it would take minutes.</summary>
    public static TheoryData<string> Names => [.. CrashScenarios.All.Select(scenario => scenario.Name).Where(name => name != "snapshot")];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_write_of_which_nobody_knows_is_there_once_or_not_at_all(string name)
    {
        var scenario = CrashScenarios.Find(name)!;
        foreach (var afterCommit in new[] { false, true })
        {
            for (var at = FirstOfContext; ; at++)
            {
                var faults = new StoreFaults { LosesConnectionAt = at, AfterCommit = afterCommit };
                var tally = new CrashTally<SimulatedPoint>(null);
                var crash = new ExhaustiveCrash(scenario, at, tally, faults);
                await crash.RunAsync();
                var text = $"write {at}, {(afterCommit ? "durable" : "lost")}: {CrashText.Of(tally.Result())}";
                Assert.False(tally.IsBroken, text);
                if (crash.Writes < at) break;
                output.WriteLine(text);
            }
        }
    }
}
