using Akka.Actor;
using Iommu.Actors.Core;
using Iommu.Actors.Simulator;
using Iommu.Actors.Uapi;
using Iommu.Messages;
using Iommu.Messages.Uapi;
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
        var problems = new List<string>();
        var collector = uapi.Mock.System.ActorOf(Props.Create(() => new Collector(problems)));
        uapi.Mock.System.EventStream.Subscribe(collector, typeof(InvariantViolation));
        uapi.Mock.System.EventStream.Subscribe(collector, typeof(ContextFailed));
        uapi.Process.Files.Install(uapi.File);
        uapi.OpenFile(0x8000);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => CallAsync(uapi, caller, seed)));

        Assert.Empty(problems);
        var findings = new Findings();
        await ReferenceCountChecker.CheckAsync(uapi.Mock.Context, findings);
        Assert.Empty(findings.All);
        // It got somewhere: most calls have been seen to succeed.
        var succeeded = outcomes.SelectMany(outcome => outcome).Where(call => call.Result == 0).Select(call => call.Number).Distinct();
        Assert.True(succeeded.Count() >= IoctlTable.Operations.Count * 3 / 4);

        for (var descriptor = 0; uapi.Process.Files.Count > 0; descriptor++) uapi.Process.Files.Close(descriptor);
        Assert.Equal(new Answer(Errno.None), await uapi.File.Ended);
        Assert.Empty(problems);
        Assert.Empty(uapi.Mock.Hardware.Machine.Devices);
        Assert.Equal(0, uapi.Mock.Memory.PinnedTotal);
        Assert.Equal(0, uapi.Process.PinnedPages);
    }

    private static async Task<List<(uint Number, long Result)>> CallAsync(MockUapiHarness uapi, int caller, int seed)
    {
        var calls = new RandomCalls(seed * 1000 + caller, uapi.Arrays, uapi.End);
        var structure = uapi.Mock.Allocate();
        var outcomes = new List<(uint, long)>();
        for (var i = 0; i < CallsPerCaller; i++)
        {
            var (number, bytes, argument) = calls.Next();
            uapi.Write(structure, bytes);
            var result = await uapi.File.IoctlAsync(uapi.Process, number, argument ?? structure);
            outcomes.Add((number, result));
            // Descriptors are closed now and then, whatever they are: all but the file itself and the memory.
            if (i % 50 == 0) uapi.Process.Files.Close(2 + i / 50 % 30);
            if (result == 0 && argument is null) calls.Learn(number, uapi.ReadBytes(structure, 128));
        }
        return outcomes;
    }

    private sealed class Collector : ReceiveActor
    {
        public Collector(List<string> problems) => ReceiveAny(problem => problems.Add(problem.ToString()!));
    }
}
