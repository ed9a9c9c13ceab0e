using Iommu.Cli.CommandLine;
using Iommu.TestKit.Crash;

namespace Iommu.Cli.Crash;

/// <summary>The figures of a run for machines: the names of <see cref="CrashResult"/> in snake case.</summary>
internal static class CrashJson
{
    public static string Write(CrashResult result) => Json.Text(new
    {
        result.Runtime,
        result.Simulated,
        result.Seconds,
        result.Runs,
        result.Crashes,
        result.AcknowledgedOpsTotal,
        result.LostOps,
        result.PhantomObjects,
        result.GraphMismatches,
        result.DuplicateEffects,
        result.HungCallers,
        result.RecoveriesTotal,
        result.RecoveryMs,
        result.EventsReplayedTotal,
        Violations = result.Violations.Select(violation => new
        {
            Fault = violation.Finding.Fault.ToString(),
            violation.Finding.What,
            violation.Context,
            violation.Where,
            violation.Point,
            violation.Calls,
        }),
    });
}
