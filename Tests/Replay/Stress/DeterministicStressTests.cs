using System.Globalization;
using Akka.Configuration;
using Iommu.Replay;
using Iommu.TestKit.Stress;

namespace Iommu.Tests.Replay.Stress;

/// <summary>The same workload on one thread, from a seed, with one step of the hardware or of a device's transaction a turn.</summary>
public class DeterministicStressTests
{
    [Fact]
    public async Task Stress_holds_in_interleavings_that_a_seed_chooses()
    {
        for (var seed = 1; seed <= 40; seed++)
        {
            var (result, steps) = await Run(seed, fault: null);
            Assert.True(result.Held, $"seed {seed}: {string.Join("; ", result.InvariantViolations)}");
            Assert.True(result.InvalidationsTotal >= 1_000 && result.TranslationsTotal > 0 && result.ControlOpsTotal > 0, $"seed {seed}");
            Assert.True(steps > 5_000, $"seed {seed}: {steps} steps");
        }
    }

    [Fact]
    public async Task The_same_seed_is_the_same_run()
    {
        var first = await Run(seed: 3, fault: null);
        var second = await Run(seed: 3, fault: null);
        Assert.Equal(first.Steps, second.Steps);
        Assert.Equal(
            (first.Result.InvalidationsTotal, first.Result.TranslationsTotal, first.Result.ControlOpsTotal),
            (second.Result.InvalidationsTotal, second.Result.TranslationsTotal, second.Result.ControlOpsTotal));
        Assert.Equal(first.Result.Errors, second.Result.Errors);
    }

    [Fact]
    public async Task Queues_of_the_guests_own_hold_in_interleavings_that_a_seed_chooses_and_the_same_seed_is_the_same_run()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var (result, _) = await Run(seed, fault: null, StressHardware.Tegra241);
            Assert.True(result.Held, $"seed {seed}: {string.Join("; ", result.InvariantViolations)}");
            Assert.True(result.DirectInvalidationsTotal > 100 && result.ControlOpsTotal > 0, $"seed {seed}");
        }
        var first = await Run(seed: 3, fault: null, StressHardware.Tegra241);
        var second = await Run(seed: 3, fault: null, StressHardware.Tegra241);
        Assert.Equal((first.Steps, first.Result.DirectInvalidationsTotal), (second.Steps, second.Result.DirectInvalidationsTotal));
    }

    [Fact]
    public async Task A_planted_fault_is_found_by_some_seed_and_again_by_the_same()
    {
        var fault = new PlantedFault(FaultKind.DropInvalidation, 300);
        for (var seed = 1; seed <= 60; seed++)
        {
            var (result, steps) = await Run(seed, fault);
            if (result.Held) continue;
            Assert.Equal("I8", result.InvariantViolations[0].Invariant);
            var again = await Run(seed, fault);
            Assert.Equal((steps, result.InvariantViolations[0].What), (again.Steps, again.Result.InvariantViolations[0].What));
            return;
        }
        Assert.Fail("no seed found the fault");
    }

    private static async Task<(StressResult Result, long Steps)> Run(
        int seed, PlantedFault? fault, string hardware = StressHardware.Smmuv3)
    {
        var options = new StressOptions
        {
            Guests = 1, Vcpus = 1, Devices = 2, Duration = null, Operations = 1_000, PagesPerEdit = 8, Seed = seed, Fault = fault,
            Hardware = hardware,
        };
        var overlay = ConfigurationFactory.ParseString(string.Create(CultureInfo.InvariantCulture, $$"""
            iommu.replay { mode = deterministic, seed = {{seed}} }
            iommu.hardware.steps-per-turn = 1
            """));
        var steps = 0L;
        var result = await StressRun.RunAsync(options, overlay: overlay, drive: (system, ended) =>
        {
            var replay = ReplaySystem.Of(system);
            Assert.True(replay.RunUntil(() => ended.IsCompleted, TimeSpan.FromHours(1)), $"seed {seed}: {replay.WaitReport()}");
            steps = replay.Steps;
        });
        return (result, steps);
    }
}
