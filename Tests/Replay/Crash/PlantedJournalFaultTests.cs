using Iommu.Messages;
using Iommu.TestKit.Crash;
using Iommu.TestKit.Crash.Simulated;

namespace Iommu.Tests.Replay.Crash;

/// <summary>What a simulated crash is to find, it finds when it is planted, and what repeats it finds the same.</summary>
public class PlantedJournalFaultTests
{
    // An answer must overtake the commit: not in every interleaving.
    private const int Interleavings = 100;

    [Theory]
    [InlineData("reply-early", CrashFault.PhantomObject)]
    [InlineData("forget-event", CrashFault.PhantomObject)]
    [InlineData("drop-edge", CrashFault.GraphMismatch)]
    public async Task A_fault_of_the_journal_is_found_and_found_again(string name, CrashFault kind)
    {
        var fault = PlantedJournalFault.Find(name)!;
        var options = new SimulatedCrashOptions
        {
            Scenarios = [CrashScenarios.Find(fault.Scenario)!], Interleavings = Interleavings, Runs = 0, Fault = fault,
        };
        var run = new SimulatedCrashRun(options);
        var found = await run.RunAsync();
        Assert.True(found.Violations.Any(violation => violation.Finding.Fault == kind), CrashText.Of(found));
        Assert.True((await new SimulatedCrashRun(options with { Interleavings = 1, Fault = null }).RunAsync()).Held);

        var again = await new SimulatedCrashRun(run.Repeats).RunAsync();
        Assert.Equal(found.Violations.Select(Words), again.Violations.Select(Words));
    }

    [Fact]
    public async Task An_answer_before_the_commit_is_found_as_a_call_that_is_lost()
    {
        var alloc = new CrashScenario("alloc", "an allocation", [], [new IoasAlloc()]);
        var tally = new CrashTally<SimulatedPoint>(null);
        for (var seed = 1; seed <= Interleavings && !tally.IsBroken; seed++)
            await new ExhaustiveCrash(alloc, seed, tally, new StoreFaults { ConfirmsEarly = true }).RunAsync();
        Assert.Contains(tally.Result().Violations, violation => violation.Finding.Fault == CrashFault.LostOp);
    }

    [Fact]
    public async Task Random_crashes_find_it_too_and_what_repeats_it_finds_the_same()
    {
        var run = new SimulatedCrashRun(new SimulatedCrashOptions
        {
            Scenarios = [], Runs = 1_200, Fault = PlantedJournalFault.Find("forget-event"),
        });
        var found = await run.RunAsync();
        Assert.False(found.Held, CrashText.Of(found));
        Assert.True(run.Repeats.Runs < 1_200);

        var again = await new SimulatedCrashRun(run.Repeats).RunAsync();
        Assert.Equal(found.Violations.Select(Words), again.Violations.Select(Words));
    }

    private static (CrashFinding, string, string) Words(CrashViolation violation) =>
        (violation.Finding, violation.Where, string.Join('\n', violation.Calls));
}
