using Iommu.TestKit.Stress;

namespace Iommu.Tests.Stress;

/// <summary>A checker that finds nothing proves nothing: hardware that does not invalidate must be found out.</summary>
public class PlantedFaultTests
{
    // A victim's page must be cached when its turn comes, and used again before its next turn. One in five is; one of these is.
    private static readonly IEnumerable<long> Victims = Enumerable.Range(0, 80).Select(i => 10_000L + 97 * i);

    [Theory]
    [InlineData(FaultKind.DropInvalidation)]
    [InlineData(FaultKind.EarlySync)]
    public async Task An_invalidation_that_is_not_done_in_time_is_found_as_I8_with_entry_and_command(FaultKind kind)
    {
        foreach (var victim in Victims)
        {
            var result = await StressRun.RunAsync(new StressOptions
            {
                Guests = 1, Vcpus = 1, Devices = 1, Duration = null, Operations = victim + 15_000, Fault = new PlantedFault(kind, victim),
            });
            if (result.Held) continue;
            var violation = result.InvariantViolations[0];
            Assert.Equal("I8", violation.Invariant);
            Assert.Contains("Combined vmid=", violation.What);
            Assert.Contains("TLBI_NH_", violation.What);
            Assert.Contains("should have removed", violation.What);
            Assert.True(result.StaleHits > 0);
            return;
        }
        Assert.Fail("no victim was found out");
    }
}
