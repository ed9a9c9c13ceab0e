using Iommu.Actors.Uapi;
using Iommu.Messages;
using Iommu.TestKit.Checkers;

namespace Iommu.Tests.Uapi;

/// <summary>Whatever bytes a program calls with, nothing breaks, and its close leaves nothing behind.</summary>
public class RandomCallTests
{
    private const int Callers = 4;
    private const int CallsPerCaller = 5_000;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Random_calls_of_several_threads_break_nothing_and_leave_nothing(int seed)
    {
        await using var uapi = await new MockUapiHarness().OpenAsync();
        var run = new RandomCallRun(uapi);
        var outcomes = await Task.WhenAll(
            Enumerable.Range(0, Callers).Select(caller => run.CallAsync(seed * 1000 + caller, CallsPerCaller)));

        var findings = new Findings();
        await ReferenceCountChecker.CheckAsync(uapi.Mock.Context, findings);
        Assert.Empty(findings.All);
        // It got somewhere: most calls have been seen to succeed.
        var succeeded = outcomes.SelectMany(outcome => outcome).Where(call => call.Result == 0).Select(call => call.Number).Distinct();
        Assert.True(succeeded.Count() >= IoctlTable.Operations.Count * 3 / 4);

        Assert.Equal(new Answer(Errno.None), await run.CloseAll());
        Assert.Equal("", run.Left());
        Assert.Empty(await run.ProblemsAsync());
    }
}
