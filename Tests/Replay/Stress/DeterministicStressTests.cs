using Iommu.TestKit.Stress;
using Iommu.TestKit.Stress.Hardware;

namespace Iommu.Tests.Replay.Stress;

/// <summary>The same workload on one thread, from a seed, with one step of the hardware or of a device's transaction a turn.</summary>
public class DeterministicStressTests
{
    private static readonly StressOptions Short =
        new() { Guests = 1, Vcpus = 1, Devices = 2, Duration = null, Operations = 1_000, PagesPerEdit = 8 };

    public static TheoryData<string> AllHardware => [.. StressHardware.All.Select(hardware => hardware.Name)];

    public static TheoryData<string> HardwareWithQueues => [.. StressHardware.All.Where(own => own.HasQueues).Select(own => own.Name)];

    [Theory]
    [MemberData(nameof(AllHardware))]
    public async Task Stress_holds_in_interleavings_that_a_seed_chooses(string hardware)
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var (result, steps) = await Run(seed, fault: null, hardware, QueueUse.Trapped);
            Assert.True(result.Held, $"seed {seed}: {string.Join("; ", result.InvariantViolations)}");
            Assert.True(result.InvalidationsTotal >= 1_000 && result.TranslationsTotal > 0 && result.ControlOpsTotal > 0, $"seed {seed}");
            Assert.True(steps > 5_000, $"seed {seed}: {steps} steps");
        }
    }

    [Theory]
    [MemberData(nameof(AllHardware))]
    public async Task The_same_seed_is_the_same_run(string hardware)
    {
        var queues = StressHardware.Find(hardware)!.HasQueues ? QueueUse.Both : QueueUse.Trapped;
        var first = await Run(seed: 3, fault: null, hardware, queues);
        var second = await Run(seed: 3, fault: null, hardware, queues);
        Assert.Equal(first.Steps, second.Steps);
        Assert.Equal(Counts(first.Result), Counts(second.Result));
        Assert.Equal(first.Result.Errors, second.Result.Errors);
    }

    [Theory]
    [MemberData(nameof(HardwareWithQueues))]
    public async Task Queues_of_the_guests_own_hold_in_interleavings_that_a_seed_chooses(string hardware)
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            var (result, _) = await Run(seed, fault: null, hardware, QueueUse.Both);
            Assert.True(result.Held, $"seed {seed}: {string.Join("; ", result.InvariantViolations)}");
            Assert.True(result.DirectInvalidationsTotal > 100 && result.ControlOpsTotal > 0, $"seed {seed}");
        }
    }

    private static (long, long, long, long) Counts(StressResult result) =>
        (result.InvalidationsTotal, result.DirectInvalidationsTotal, result.TranslationsTotal, result.ControlOpsTotal);

    private static async Task<(StressResult Result, long Steps)> Run(
        int seed, PlantedFault? fault, string hardware, QueueUse queues)
    {
        var options = Short with { Seed = seed, Fault = fault, Hardware = StressHardware.Find(hardware)!, Queues = queues };
        return await SeededStress.RunAsync(options);
    }
}
