using System.Text.RegularExpressions;
using Iommu.Tests.Ioctls;
using Iommu.Tests.Selftest;
using Iommu.Tests.Tidy;

namespace Iommu.Tests.Actors;

/// <summary>No step that can fail is left out of the tests that make every step fail.</summary>
public partial class FailureStepsTests
{
    /// <summary>Those of no creating call, but of reports and reads: FaultFileTests and VeventqFileTests make them fail.</summary>
    private static readonly string[] OfEventFiles = ["allocate vevent", "copy the header of lost events", "reserve cookie"];

    [Fact]
    public void Every_step_that_can_fail_is_made_to_fail()
    {
        var tables = new[]
        {
            AbortTests.CreatingCalls, EventQueueAbortTests.CreatingCalls, GuestAbortTests.CreatingCalls, MockAbortTests.CreatingCalls,
        };
        var failed = tables.SelectMany(table => table).SelectMany(row => ((string)row[1]).Split(", ")).Concat(OfEventFiles);
        var steps = Repository.Sources.Where(source => source.IsIn("Actors"))
            .SelectMany(source => Step().Matches(source.Text)).Select(match => match.Groups[1].Value);
        Assert.Equal(steps.Distinct().Order(), failed.Distinct().Order());
    }

    [GeneratedRegex(@"Fails?\(""([^""]+)""\)")]
    private static partial Regex Step();
}
