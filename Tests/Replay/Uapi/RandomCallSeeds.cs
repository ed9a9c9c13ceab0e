using Iommu.Messages;
using Iommu.Replay;
using Iommu.Tests.Replay.Actors;
using Iommu.Tests.Uapi;

namespace Iommu.Tests.Replay.Uapi;

/// <summary>Random calls of several callers, in an interleaving that the seed chooses.</summary>
public class RandomCallSeeds
{
    private const int Seeds = 30;
    private const int Callers = 3;
    private const int CallsPerCaller = 150;

    [Fact]
    public async Task Random_calls_are_answered_and_break_nothing_whatever_comes_between_their_messages()
    {
        for (var seed = 0; seed < Seeds; seed++)
        {
            await using var uapi = await new MockUapiHarness(HopTests.Deterministic(seed)).OpenAsync();
            var replay = ReplaySystem.Of(uapi.Mock.System);
            var run = new RandomCallRun(uapi);
            var callers = Enumerable.Range(0, Callers).Select(caller => run.CallAsync(seed * 1000 + caller, CallsPerCaller)).ToList();
            replay.RunUntilIdle();
            Assert.True(callers.TrueForAll(caller => caller.IsCompletedSuccessfully), $"seed {seed}: a call was not answered");

            var closed = run.CloseAll();
            replay.RunUntilIdle();
            Assert.True(closed.IsCompletedSuccessfully, $"seed {seed}: the close was not answered");
            Assert.Equal((seed, new Answer(Errno.None), ""), (seed, await closed, run.Left()));
            Assert.Equal((seed, ""), (seed, string.Join("; ", await run.ProblemsAsync())));
        }
    }
}
