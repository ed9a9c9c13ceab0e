using System.Text.RegularExpressions;
using Iommu.TestKit.Stress;

namespace Iommu.Tests.Stress;

/// <summary>A checker that finds nothing proves nothing: hardware that does not invalidate must be found out.</summary>
public partial class PlantedFaultTests
{
    [Theory]
    [InlineData(FaultKind.DropInvalidation)]
    [InlineData(FaultKind.EarlySync)]
    [InlineData(FaultKind.AtcTimeout)]
    public async Task An_invalidation_that_is_not_done_in_time_is_found_as_I8_by_the_cache_or_by_the_guest(FaultKind kind)
    {
        // Long enough for hundreds of victims: any one that a device meets ends the run.
        var result = await StressRun.RunAsync(new StressOptions
        {
            Guests = 1, Vcpus = 1, Devices = 2, Duration = null, Operations = 1_000_000,
            Fault = new PlantedFault(kind, 2_000, Every: 50),
        });
        Assert.False(result.Held);
        Assert.All(result.InvariantViolations, violation => Assert.Equal("I8", violation.Invariant));
        // The guest's own look at where its DMA went may be the first to report, and ends the run before the cache's hit is looked at.
        Assert.Contains(result.InvariantViolations, violation =>
            NamesEntryAndCommand().IsMatch(violation.What) || NamesAddress().IsMatch(violation.What));
        Assert.Equal(result.InvariantViolations.Any(violation => NamesEntryAndCommand().IsMatch(violation.What)), result.StaleHits > 0);
        Assert.True(result.InvalidationsTotal < 1_000_000);
    }

    [Theory]
    [InlineData(FaultKind.DelayInvalidation)]
    [InlineData(FaultKind.DuplicateInvalidation)]
    [InlineData(FaultKind.RepeatTlbi)]
    public async Task What_the_architecture_allows_or_the_driver_makes_up_for_breaks_nothing(FaultKind kind)
    {
        var result = await StressRun.RunAsync(new StressOptions
        {
            Guests = 1, Vcpus = 1, Devices = 2, Duration = null, Operations = 50_000,
            Fault = new PlantedFault(kind, 10, Every: 7),
        });
        Assert.True(result.Held, result.InvariantViolations.FirstOrDefault()?.What);
    }

    [GeneratedRegex("hit ((Combined|Stage1Table) vmid=.*, which TLBI_NH_|ATC sid=.*, which ATC_INV).* should have removed")]
    private static partial Regex NamesEntryAndCommand();

    [GeneratedRegex("0x[0-9a-f]+ came out as .*, which no table has said since the last invalidation")]
    private static partial Regex NamesAddress();
}
