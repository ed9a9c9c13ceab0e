using System.Text.Json;
using Iommu.TestKit.Captures;

namespace Iommu.Cli.Verify;

/// <summary>The counts of a verification for machines.</summary>
internal static class VerifyJson
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
    };

    public static string Write(IReadOnlyList<SnapshotReport> reports) => JsonSerializer.Serialize(new
    {
        Snapshots = reports.Select(report => new { report.Name, report.Rows, report.Matched, report.None, report.Mismatched }),
        RowsTotal = reports.Sum(report => report.Rows),
        MismatchedTotal = reports.Sum(report => report.Mismatched),
    }, Format) + "\n";
}
