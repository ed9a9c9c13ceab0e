using Iommu.TestKit.Crash;

namespace Iommu.Tests.Replay.Crash;

/// <summary>What simulated crashes have come to, for a test's message.</summary>
internal static class CrashText
{
    public static string Of(CrashResult result) =>
        $"{result.Runs} crashes, {result.RecoveriesTotal} journals recovered, {result.AcknowledgedOpsTotal} acknowledged calls"
        + string.Concat(result.Violations.Take(5).Select(it => string.Join(
            $"{Environment.NewLine}    ",
            [$"{Environment.NewLine}{it.Context}, {it.Where} ({it.Point}): {it.Finding}", .. it.Calls])));
}
