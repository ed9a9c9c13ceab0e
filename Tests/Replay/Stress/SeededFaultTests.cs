using Iommu.TestKit.Stress;
using Iommu.TestKit.Stress.Hardware;

namespace Iommu.Tests.Replay.Stress;

/// <summary>
/// A checker that finds nothing proves nothing: every fault that can be planted in a hardware is survived, where its architecture or driver
/// says so, or found as I8, by some seed, and by the same again.
/// </summary>
public class SeededFaultTests
{
    private const int SeedsMax = 40;
    private const int SurvivingSeeds = 5;

    private static readonly StressOptions Short =
        new() { Guests = 1, Vcpus = 1, Devices = 2, Duration = null, Operations = 1_500, PagesPerEdit = 8 };

    public static TheoryData<string, FaultKind, QueueUse> Found => Of(survived: false);

    public static TheoryData<string, FaultKind, QueueUse> Survived => Of(survived: true);

    [Theory]
    [MemberData(nameof(Found))]
    public async Task A_planted_fault_is_found_by_some_seed_and_again_by_the_same(string hardware, FaultKind kind, QueueUse queues)
    {
        for (var seed = 1; seed <= SeedsMax; seed++)
        {
            var options = With(hardware, kind, queues) with { Seed = seed };
            var (result, steps) = await SeededStress.RunAsync(options);
            if (result.Held) continue;
            Assert.All(result.InvariantViolations, violation => Assert.Equal("I8", violation.Invariant));
            var again = await SeededStress.RunAsync(options);
            Assert.Equal((steps, result.InvariantViolations[0].What), (again.Steps, again.Result.InvariantViolations[0].What));
            return;
        }
        Assert.Fail("no seed found the fault");
    }

    [Theory]
    [MemberData(nameof(Survived))]
    public async Task What_is_made_up_for_breaks_nothing(string hardware, FaultKind kind, QueueUse queues)
    {
        for (var seed = 1; seed <= SurvivingSeeds; seed++)
        {
            var (result, _) = await SeededStress.RunAsync(With(hardware, kind, queues) with { Seed = seed });
            Assert.True(result.Held, $"seed {seed}: {string.Join("; ", result.InvariantViolations)}");
        }
    }

    private static StressOptions With(string hardware, FaultKind kind, QueueUse queues) =>
        Short with { Hardware = StressHardware.Find(hardware)!, Queues = queues, Fault = new PlantedFault(kind, 20, Every: 7) };

    private static TheoryData<string, FaultKind, QueueUse> Of(bool survived)
    {
        var data = new TheoryData<string, FaultKind, QueueUse>();
        foreach (var hardware in StressHardware.All)
            foreach (var kind in Enum.GetValues<FaultKind>().Where(hardware.CanPlant))
                foreach (var queues in new[] { QueueUse.Trapped, QueueUse.Direct })
                    // A device's silence is what the host's own queue meets.
                    if (hardware.Survives(kind) == survived && (queues == QueueUse.Trapped || Meets(hardware, kind)))
                        data.Add(hardware.Name, kind, queues);
        return data;
    }

    private static bool Meets(StressHardware hardware, FaultKind kind) =>
        hardware.HasQueues && kind is not (FaultKind.AtcTimeout or FaultKind.RepeatTlbi);
}
