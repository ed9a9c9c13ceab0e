using System.Diagnostics;
using Iommu.Hardware.Processes;
using Iommu.Messages;
using Iommu.TestKit.Checkers;
using Xunit.Abstractions;

namespace Iommu.Tests.Bridge;

/// <summary>Many programs at once, killed at any moment, and calls that nobody has thought of.</summary>
[Collection(nameof(BridgeHarness))]
public class LoadTests(ITestOutputHelper output)
{
    private const int MillisecondsToLive = 1000;
    private const int EndedByAlarm = 128 + 14;

    [BridgeFact]
    public async Task Programs_that_are_killed_at_random_leave_nothing_and_disturb_nobody()
    {
        await using var bridge = new BridgeHarness();
        await bridge.HoldsAsync("threads_call");
        await bridge.AssertNothingLeftAsync();
        var before = ServerResources.Now(bridge.Socket);
        var clock = Stopwatch.StartNew();
        var killed = 0;
        var programs = Enumerable.Range(0, LoadLength.Programs).Select(RunAsync).ToList();
        var held = 0;
        // One that nobody kills must find everything as it should be, all the while.
        for (; clock.Elapsed < LoadLength.Duration; held++) await bridge.HoldsAsync("close_takes_effect");
        await Task.WhenAll(programs);

        await bridge.AssertNothingLeftAsync();
        var after = ServerResources.Now(bridge.Socket);
        output.WriteLine($"{killed} programs killed in {clock.Elapsed.TotalSeconds:f0} s, {held} runs of another beside them; "
            + $"before {before}, after {after}");
        Assert.Equal(before, after);
        Assert.True(killed >= LoadLength.Programs);

        async Task RunAsync(int number)
        {
            var random = new Random(number);
            while (clock.Elapsed < LoadLength.Duration)
            {
                using var program = await bridge.StartAsync("load", $"{random.Next()}", $"{random.Next(MillisecondsToLive)}");
                Assert.Equal(EndedByAlarm, await program.WaitAsync());
                Interlocked.Increment(ref killed);
            }
        }
    }

    [BridgeTheory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Random_ioctls_of_four_threads_break_nothing_and_leave_nothing(int seed)
    {
        await using var bridge = new BridgeHarness(ProcessCapabilities.All);
        using var program = await bridge.StartAsync("random_ioctls", $"{seed}", $"{LoadLength.RandomIoctls}");
        var clock = Stopwatch.StartNew();
        await program.MeetAsync();
        output.WriteLine($"{LoadLength.RandomIoctls:n0} ioctls in {clock.Elapsed.TotalSeconds:f1} s");

        var findings = new Findings();
        foreach (var file in bridge.Machine.OpenDevices)
        {
            var objects = Enum.GetValues<ObjectType>().Sum(type => file.Context.Table.All(type).Count());
            output.WriteLine($"{file.Context.Name}: {objects} objects");
            await ReferenceCountChecker.CheckAsync(file.Context, findings);
        }
        Assert.Empty(findings.All);
        await program.AssertHoldsAsync();
        await bridge.AssertNothingLeftAsync();
    }
}
