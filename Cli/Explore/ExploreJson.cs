using Iommu.Cli.CommandLine;
using Iommu.TestKit.Explore;

namespace Iommu.Cli.Explore;

/// <summary>The figures of a search for machines.</summary>
internal static class ExploreJson
{
    public static string Write(IReadOnlyList<ScenarioResult> results) => Json.Text(new
    {
        Scenarios = results.Select(result => new
        {
            Name = result.Scenario,
            result.Strategy,
            SchedulesTotal = result.Schedules,
            SchedulesDistinct = result.Distinct,
            SchedulesDistinctByActor = result.Shapes,
            SchedulesAbandoned = result.Abandoned,
            TurnsTotal = result.Steps,
            Fingerprint = $"{result.Fingerprint:x16}",
            result.Seconds,
            result.IsComplete,
            Violation = result.Found is not { } found ? null : new
            {
                found.Violation.Invariant,
                found.Violation.What,
                found.Violation.Details,
                found.Schedule,
                DecisiveFound = found.DecisiveBefore,
                DecisiveShrunk = found.Trace.Deviations.Count,
                found.Trace.Steps,
            },
        }),
    });
}
