using Iommu.Cli.CommandLine;
using Iommu.TestKit.Stress;

namespace Iommu.Cli.Stress;

/// <summary>
/// The figures of a run for machines: the names of <see cref="StressResult"/> in snake case, violations as a count and as a list.
/// </summary>
internal static class StressJson
{
    public static string Write(StressResult result) => Json.Text(new
    {
        result.Runtime,
        result.Hardware,
        result.Seconds,
        result.InvalidationsTotal,
        result.InvalidationsPerS,
        result.TranslationsTotal,
        result.TranslationsPerS,
        result.SyncsTotal,
        result.SyncUs,
        result.ControlOpsTotal,
        result.Errors,
        result.StaleHits,
        result.LeakedReferences,
        InvariantViolations = result.InvariantViolations.Count,
        Violations = result.InvariantViolations,
        result.JournalEventsTotal,
    });
}
