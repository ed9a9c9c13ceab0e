using Iommu.TestKit.Captures;

namespace Iommu.Cli.Verify;

/// <summary>A line a snapshot as soon as it is done, and what the first mismatches are.</summary>
internal sealed class VerifyTable(TextWriter output)
{
    private const int NameColumns = 28;

    private bool _begun;

    public void WriteRow(SnapshotReport report)
    {
        // Not before the first is done: input that cannot be used gets its one line and no table.
        if (!_begun) output.WriteLine($"{"snapshot",-NameColumns}{"rows",9}{"matched",9}{"none",7}{"mismatched",12}");
        _begun = true;
        WriteCounts(report.Name, report.Rows, report.Matched, report.None, report.Mismatched);
        output.Flush();
    }

    public void WriteOutcome(IReadOnlyList<SnapshotReport> reports)
    {
        var (rows, none, mismatched) = (reports.Sum(r => r.Rows), reports.Sum(r => r.None), reports.Sum(r => r.Mismatched));
        WriteCounts("total", rows, reports.Sum(r => r.Matched), none, mismatched);
        output.WriteLine();
        foreach (var report in reports.Where(r => r.Mismatched > 0)) WriteMismatches(report);
        output.WriteLine(mismatched > 0 ? $"MISMATCH: {mismatched:N0} of {rows:N0} rows"
            : none == 0 ? "every row matches: result, address, permission and event"
            : $"every row matches: result, address, permission and event; of {none:N0} rows only the failure is recorded, and they fail");
    }

    private void WriteCounts(string name, int rows, int matched, int none, int mismatched) =>
        output.WriteLine($"{name,-NameColumns}{rows,9:N0}{matched,9:N0}{none,7:N0}{mismatched,12:N0}");

    private void WriteMismatches(SnapshotReport report)
    {
        output.WriteLine($"{report.Name}:");
        foreach (var mismatch in report.FirstMismatches) output.WriteLine($"    {mismatch}");
        var more = report.Mismatched - report.FirstMismatches.Count;
        if (more > 0) output.WriteLine($"    and {more:N0} more");
    }
}
