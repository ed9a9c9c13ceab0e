using Iommu.Cli.CommandLine;
using Iommu.TestKit.Captures;

namespace Iommu.Cli.Verify;

/// <summary>The counts of a verification for machines.</summary>
internal static class VerifyJson
{
    public static string Write(IReadOnlyList<SnapshotReport> reports) => Json.Text(new
    {
        Snapshots = reports.Select(report => new { report.Name, report.Rows, report.Matched, report.None, report.Mismatched }),
        RowsTotal = reports.Sum(report => report.Rows),
        MismatchedTotal = reports.Sum(report => report.Mismatched),
    });
}
