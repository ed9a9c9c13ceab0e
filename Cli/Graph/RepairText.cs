using Iommu.Persistence.Streams;

namespace Iommu.Cli.Graph;

/// <summary>What <c>graph --repair</c> says of the rows of a journal: each that would be dropped, and why.</summary>
internal sealed class RepairText(TextWriter output)
{
    /// <param name="source">What the journal is called.</param>
    /// <param name="plan">What of it can be kept.</param>
    /// <param name="written">The file of the repaired copy; null when none was written.</param>
    public void Write(string source, JournalPlan plan, string? written)
    {
        foreach (var stream in plan.Streams.Where(stream => !stream.IsWhole)) Write(stream);
        foreach (var name in plan.Unlisted)
            output.WriteLine($"context {name}: not in the directory that would be kept; it comes back when it is opened by its name");
        foreach (var stream in plan.Foreign) output.WriteLine($"stream {stream}: not of a simulator, and left alone");
        var whole = plan.Streams.Count(stream => stream.IsWhole);
        output.WriteLine(plan.IsWhole
            ? $"{source}: {Rows(plan.RowsKept)} in {Streams(whole)}, nothing to repair"
            : $"{source}: {Rows(plan.RowsKept)} would be kept and {Rows(plan.RowsDropped)} dropped; {Streams(whole)} "
                + $"{(whole == 1 ? "is" : "are")} whole");
        output.WriteLine(written is null ? "nothing was written; what is left is this:"
            : $"what would be kept is written to {written}, and nothing to the journal; it is this:");
    }

    private void Write(StreamPlan stream)
    {
        output.WriteLine($"stream {stream.Stream}: {stream.RowsKept:N0} of {Rows(stream.RowsTotal)} would be kept"
            + (stream.Unwanted is null ? Recovers(stream) : ""));
        if (stream.Unwanted is { } reason) output.WriteLine($"    dropped {Rows(stream.RowsTotal)}: {reason}");
        foreach (var fault in stream.Faults)
            output.WriteLine($"    dropped {fault.Table} {fault.SequenceNr}, manifest '{fault.Manifest}': {fault.Wrong}; {fault.Right}");
        if (stream.FaultsTotal > stream.Faults.Count)
            output.WriteLine($"    and {stream.FaultsTotal - stream.Faults.Count:N0} more such rows");
        if (stream.Unwanted is not null) return;
        foreach (var (first, last) in stream.Followers)
            output.WriteLine($"    dropped journal {(first == last ? $"{first}" : $"{first} to {last}")}: "
                + $"{(first == last ? "it follows" : "they follow")} number {stream.Last + 1}, which is {Gone(stream)}");
    }

    private static string Gone(StreamPlan stream) =>
        stream.Faults.Any(fault => fault.Table == RowFault.Journal && fault.SequenceNr == stream.Last + 1) ? "dropped" : "missing";

    private static string Recovers(StreamPlan stream) => (stream.From, stream.Last) switch
    {
        (0, 0) => "",
        (0, var last) => $", to number {last}",
        var (from, last) => $", to number {last}; a recovery begins with the snapshot at {from}",
    };

    private static string Rows(long count) => count == 1 ? "1 row" : $"{count:N0} rows";

    private static string Streams(int count) => count == 1 ? "1 stream" : $"{count} streams";
}
